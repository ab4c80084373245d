import type { RemoteSampling } from '@spillway/config';
import type { SamplerLike } from '@spillway/trace';
import { reasonOf } from '../sdk/optional-part.ts';
import { remoteSampler, type RemoteSamplerParts } from '../sdk/remote-sampler.ts';
import type { Section } from './section.ts';

/** A sampler of a file, checked but not made yet: only the start knows the SDK. */
export type SamplerPlan =
  | { readonly kind: 'always_on' | 'always_off' }
  | { readonly kind: 'trace_id_ratio_based'; readonly ratio: number }
  | {
      readonly kind: 'jaeger_remote' | 'xray';
      readonly path: string;
      readonly asked: RemoteSampling;
      readonly initial: SamplerPlan | undefined;
    }
  | { readonly kind: 'parent_based'; readonly of: Readonly<Partial<Record<ParentCase, SamplerPlan>>> };

type ParentCase =
  | 'root'
  | 'remoteParentSampled'
  | 'remoteParentNotSampled'
  | 'localParentSampled'
  | 'localParentNotSampled';

/** As the file and as the SDKs spell them. */
const PARENT_CASES = {
  root: 'root',
  remote_parent_sampled: 'remoteParentSampled',
  remote_parent_not_sampled: 'remoteParentNotSampled',
  local_parent_sampled: 'localParentSampled',
  local_parent_not_sampled: 'localParentNotSampled',
} as const satisfies Record<string, ParentCase>;

/** @returns `undefined` if the sampler is not known: then its default samples */
export function plannedSampler(of: Section | undefined): SamplerPlan | undefined {
  const found = of?.component();
  if (found === undefined) return undefined;
  const { name, section } = found;
  switch (name) {
    case 'always_on':
    case 'always_off':
      return { kind: name };
    case 'trace_id_ratio_based':
      return { kind: name, ratio: Number(section.get('ratio') ?? 1) };
    case 'parent_based':
      return { kind: name, of: plannedCases(section) };
    case 'jaeger_remote/development':
      return {
        kind: 'jaeger_remote',
        path: section.path,
        asked: { ...endpointOf(section), ...millis(section.get('interval')) },
        initial: plannedSampler(section.under('initial_sampler')),
      };
    case 'xray': {
      const seconds = section.get('polling_interval');
      const asked = { ...endpointOf(section), ...millis(seconds === undefined ? undefined : Number(seconds) * 1000) };
      return { kind: name, path: section.path, asked, initial: undefined };
    }
    default:
      section.isUnknown();
      return undefined;
  }
}

function plannedCases(section: Section): Partial<Record<ParentCase, SamplerPlan>> {
  const cases = Object.entries(PARENT_CASES).map(([key, name]) => [name, plannedSampler(section.under(key))]);
  return Object.fromEntries(cases.filter(([, plan]) => plan !== undefined)) as Partial<Record<ParentCase, SamplerPlan>>;
}

function endpointOf(section: Section): Pick<RemoteSampling, 'endpoint'> {
  const endpoint = section.text('endpoint');
  return endpoint === undefined ? {} : { endpoint };
}

function millis(value: unknown): Pick<RemoteSampling, 'pollingIntervalMillis'> {
  return value === undefined ? {} : { pollingIntervalMillis: Number(value) };
}

/**
 * Makes a sampler of the SDK. If it needs a package that is not there, everything is sampled instead.
 * @param warn receives a message about that
 */
export function madeSampler(
  plan: SamplerPlan,
  parts: RemoteSamplerParts,
  warn: (message: string) => void,
): SamplerLike {
  const { sdk } = parts;
  switch (plan.kind) {
    case 'always_on':
      return new sdk.AlwaysOnSampler();
    case 'always_off':
      return new sdk.AlwaysOffSampler();
    case 'trace_id_ratio_based':
      return new sdk.TraceIdRatioBasedSampler(plan.ratio);
    case 'parent_based': {
      const cases = Object.entries(plan.of).map(([name, of]) => [name, madeSampler(of, parts, warn)]);
      return new sdk.ParentBasedSampler({ root: new sdk.AlwaysOnSampler(), ...Object.fromEntries(cases) });
    }
    default:
      try {
        return remoteSampler(plan.kind, plan.asked, parts, plan.initial && madeSampler(plan.initial, parts, warn));
      } catch (error) {
        warn(`${plan.path} is left out, and everything is sampled instead: ${reasonOf(error)}`);
        return new sdk.AlwaysOnSampler();
      }
  }
}

/** What `status()` calls it. */
export function planText(plan: SamplerPlan): string {
  if (plan.kind === 'trace_id_ratio_based') return `${plan.kind} ${plan.ratio}`;
  if (plan.kind !== 'parent_based') return plan.kind;
  return `parent_based ${plan.of.root === undefined ? 'always_on' : planText(plan.of.root)}`;
}
