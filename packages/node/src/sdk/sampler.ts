import type { RemoteSampling, SamplerName } from '@spillway/config';
import type { SamplerLike } from '@spillway/trace';
import { reasonOf } from './optional-part.ts';
import { isRemote, remoteSampler, type RemoteSamplerParts } from './remote-sampler.ts';
import type { TraceSdkModule } from './sdk-module-types.ts';

/** The specification's default. */
export const DEFAULT_SAMPLER: SamplerName = 'parentbased_always_on';

/** The SDK's own sampler of that name. */
export function samplerOf(name: SamplerName, ratio: number, sdk: TraceSdkModule): SamplerLike {
  switch (name) {
    case 'always_on':
      return new sdk.AlwaysOnSampler();
    case 'always_off':
      return new sdk.AlwaysOffSampler();
    case 'traceidratio':
      return new sdk.TraceIdRatioBasedSampler(ratio);
    default:
      return new sdk.ParentBasedSampler({ root: samplerOf(rootOf(name), ratio, sdk) });
  }
}

function rootOf(name: SamplerName): SamplerName {
  return name.replace('parentbased_', '') as SamplerName;
}

/** A sampler, and what `status()` calls it. */
export interface NamedSampler {
  readonly sampler: SamplerLike;
  readonly text: string;
}

/**
 * The sampler that settings ask for. If it needs a package that is not there, the default samples instead.
 * @param warn receives a message about that
 */
export function samplerFor(
  {
    sampler,
    samplerRatio,
    remoteSampling = {},
  }: {
    readonly sampler: SamplerName | SamplerLike;
    readonly samplerRatio: number;
    readonly remoteSampling?: RemoteSampling | undefined;
  },
  parts: RemoteSamplerParts,
  warn: (message: string) => void,
): NamedSampler {
  if (typeof sampler !== 'string') return { sampler, text: samplerText(sampler, samplerRatio) };
  if (!isRemote(sampler))
    return { sampler: samplerOf(sampler, samplerRatio, parts.sdk), text: samplerText(sampler, samplerRatio) };
  try {
    return { sampler: remoteSampler(sampler, remoteSampling, parts), text: sampler };
  } catch (error) {
    warn(
      `the sampler ${sampler} (OTEL_TRACES_SAMPLER) is left out, and ${DEFAULT_SAMPLER} samples instead: ${reasonOf(error)}`,
    );
    return { sampler: samplerOf(DEFAULT_SAMPLER, 1, parts.sdk), text: DEFAULT_SAMPLER };
  }
}

/** In the words of the variables, because the SDK's own description of a sampler is too long. */
export function samplerText(sampler: SamplerName | SamplerLike, ratio: number): string {
  if (typeof sampler !== 'string') return String(sampler);
  return sampler.endsWith('traceidratio') ? `${sampler} ${ratio}` : sampler;
}
