import { type Environment, SILENT } from './environment.ts';
import { everySignal, readSettings, type SettingsOf, type Source } from './setting.ts';
import { integer, MAX_INT32, ratio } from './value-types/number.ts';
import { wordOf } from './value-types/one-of.ts';
import { jaegerSampling, type RemoteSampling, xraySampling } from './value-types/remote-sampling.ts';

/** Every {@link SamplerName}. */
export const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
  'jaeger_remote',
  'parentbased_jaeger_remote',
  'xray',
] as const;

/**
 * Which spans are sampled. The samplers that begin with `parentbased_`, and `xray`, follow the parent, if the span has
 * one. The last three ask a server, and are packages of their own.
 */
export type SamplerName = (typeof SAMPLERS)[number];

/** How spans are sampled. Options that the environment does not set are absent. */
export interface SamplerEnvironment {
  readonly sampler?: SamplerName;
  /** The share of traces that `traceidratio` keeps, 0 to 1. */
  readonly samplerRatio?: number;
  /** Only for the samplers that ask a server. */
  readonly remoteSampling?: RemoteSampling;
}

/** Limits of what a span or log record may hold. Limits that the environment does not set are absent. */
export interface LimitEnvironment {
  readonly attributeCountLimit?: number;
  readonly attributeValueLengthLimit?: number;
  readonly eventCountLimit?: number;
  readonly linkCountLimit?: number;
  readonly attributePerEventCountLimit?: number;
  readonly attributePerLinkCountLimit?: number;
}

const mostAllowed = integer({ min: 0, max: MAX_INT32 });

const limit = /* @__NO_SIDE_EFFECTS__ */ (name: string): Source<number> => ({ name, type: mostAllowed });

/** The options of the sampler, in the order in which tables list them. */
export const SAMPLER_SETTINGS: SettingsOf<SamplerEnvironment> = {
  sampler: {
    meaning: 'Which spans are sampled when they start',
    default: everySignal('`parentbased_always_on`'),
    sources: { traces: [{ name: 'OTEL_TRACES_SAMPLER', type: wordOf(SAMPLERS) }] },
  },
  samplerRatio: {
    meaning:
      'The share of traces that the samplers with `traceidratio` keep. For `jaeger_remote`, a list such as `endpoint=http://localhost:5778,pollingIntervalMs=60000,initialSamplingRate=0.25`; for `xray`, `endpoint=http://localhost:2000,polling_interval=300`, in seconds',
    default: everySignal('1'),
    sources: { traces: [{ name: 'OTEL_TRACES_SAMPLER_ARG', type: ratio }] },
  },
  // Only samplers that ask a server have it, so no table lists it.
  remoteSampling: { meaning: 'How the sampler asks its server', default: everySignal('of the sampler'), sources: {} },
};

/** The rows by which the options of the sampler are read: the sampler decides what its argument means. */
export function samplerSettings(env: Environment): SettingsOf<SamplerEnvironment> {
  const { samplerRatio, remoteSampling, sampler } = SAMPLER_SETTINGS;
  const { values } = readSettings<Pick<SamplerEnvironment, 'sampler'>>({ sampler }, 'traces', env, SILENT);
  const isXray = values.sampler === 'xray';
  if (!isXray && values.sampler?.endsWith('jaeger_remote') !== true) return SAMPLER_SETTINGS;
  const type = isXray ? xraySampling : jaegerSampling;
  return {
    sampler,
    samplerRatio: { ...samplerRatio, sources: {} },
    remoteSampling: { ...remoteSampling, sources: { traces: [{ name: 'OTEL_TRACES_SAMPLER_ARG', type }] } },
  };
}

/** Limits of spans and log records, in the order in which tables list them. */
export const LIMIT_SETTINGS: SettingsOf<LimitEnvironment> = {
  attributeCountLimit: {
    meaning: 'Most attributes of a span or log record',
    default: everySignal('128'),
    sources: {
      traces: [limit('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT'), limit('OTEL_ATTRIBUTE_COUNT_LIMIT')],
      logs: [limit('OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT'), limit('OTEL_ATTRIBUTE_COUNT_LIMIT')],
    },
  },
  attributeValueLengthLimit: {
    meaning: 'Most characters of an attribute value',
    default: everySignal('none'),
    sources: {
      traces: [limit('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT'), limit('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT')],
      logs: [limit('OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT'), limit('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT')],
    },
  },
  eventCountLimit: {
    meaning: 'Most events of a span',
    default: everySignal('128'),
    sources: { traces: [limit('OTEL_SPAN_EVENT_COUNT_LIMIT')] },
  },
  linkCountLimit: {
    meaning: 'Most links of a span',
    default: everySignal('128'),
    sources: { traces: [limit('OTEL_SPAN_LINK_COUNT_LIMIT')] },
  },
  attributePerEventCountLimit: {
    meaning: 'Most attributes of an event',
    default: everySignal('128'),
    sources: { traces: [limit('OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT')] },
  },
  attributePerLinkCountLimit: {
    meaning: 'Most attributes of a link',
    default: everySignal('128'),
    sources: { traces: [limit('OTEL_LINK_ATTRIBUTE_COUNT_LIMIT')] },
  },
};
