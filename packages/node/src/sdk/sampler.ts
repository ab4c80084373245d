import type { SamplerName } from '@spillway/config';
import type { SamplerLike } from '@spillway/trace';
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

/** In the words of the variables, because the SDK's own description of a sampler is too long. */
export function samplerText(sampler: SamplerName | SamplerLike, ratio: number): string {
  if (typeof sampler !== 'string') return String(sampler);
  return sampler.endsWith('traceidratio') ? `${sampler} ${ratio}` : sampler;
}
