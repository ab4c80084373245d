import type { RemoteSampling } from '@spillway/config';
import { reasonOf } from '../sdk/optional-part.ts';
import { remoteSampler, type RemoteSamplerParts } from '../sdk/remote-sampler.ts';
import type { NamedSampler } from '../sdk/sampler.ts';
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
  // The samplers append their own path.
  return endpoint === undefined ? {} : { endpoint: endpoint.replace(/\/$/, '') };
}

function millis(value: unknown): Pick<RemoteSampling, 'pollingIntervalMillis'> {
  return value === undefined ? {} : { pollingIntervalMillis: Number(value) };
}

/** Decides if a sampler that asks a server cannot be made, and the file names none for the time before its answer. */
const FALLBACK: SamplerPlan = { kind: 'parent_based', of: {} };

/**
 * Makes a sampler of the SDK. One that needs a package that is not there is replaced by its `initial_sampler`, or by the
 * default, which samples what parents sample and every root.
 * @param warn receives a message about that
 */
export function madeSampler(
  plan: SamplerPlan,
  parts: RemoteSamplerParts,
  warn: (message: string) => void,
): NamedSampler {
  const { sdk } = parts;
  switch (plan.kind) {
    case 'always_on':
      return { sampler: new sdk.AlwaysOnSampler(), text: planText(plan) };
    case 'always_off':
      return { sampler: new sdk.AlwaysOffSampler(), text: planText(plan) };
    case 'trace_id_ratio_based':
      return { sampler: new sdk.TraceIdRatioBasedSampler(plan.ratio), text: planText(plan) };
    case 'parent_based': {
      const { root = { kind: 'always_on' }, ...others } = plan.of;
      const madeRoot = madeSampler(root, parts, warn);
      const cases = Object.entries(others).map(([name, of]) => [name, madeSampler(of, parts, warn).sampler]);
      const sampler = new sdk.ParentBasedSampler({ root: madeRoot.sampler, ...Object.fromEntries(cases) });
      return { sampler, text: `parent_based ${madeRoot.text}` };
    }
    default: {
      const initial = plan.initial && madeSampler(plan.initial, parts, warn);
      try {
        return { sampler: remoteSampler(plan.kind, plan.asked, parts, initial?.sampler), text: planText(plan) };
      } catch (error) {
        const instead = initial ?? madeSampler(FALLBACK, parts, warn);
        warn(`${plan.path} is left out, and ${instead.text} samples instead: ${reasonOf(error)}`);
        return instead;
      }
    }
  }
}

/** What a file asks for. `status()` names what was made, which is the same unless a package is missing. */
export function planText(plan: SamplerPlan): string {
  if (plan.kind === 'trace_id_ratio_based') return `${plan.kind} ${plan.ratio}`;
  if (plan.kind !== 'parent_based') return plan.kind;
  return `parent_based ${plan.of.root === undefined ? 'always_on' : planText(plan.of.root)}`;
}
