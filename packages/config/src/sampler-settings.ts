import { everySignal, type SettingsOf, type Source } from './setting.ts';
import { integer, MAX_INT32, ratio } from './value-types/number.ts';
import { wordOf } from './value-types/one-of.ts';
import type { ValueType } from './value-types/value-type.ts';

/** Every {@link SamplerName}. */
export const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** Which spans are sampled. The samplers that begin with `parentbased_` follow the parent, if the span has one. */
export type SamplerName = (typeof SAMPLERS)[number];

/** How spans are sampled. Options that the environment does not set are absent. */
export interface SamplerEnvironment {
  readonly sampler?: SamplerName;
  /** The share of traces that `traceidratio` keeps, 0 to 1. */
  readonly samplerRatio?: number;
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

const knownSamplers = wordOf(SAMPLERS);

/** The specification's other samplers are told apart from typing errors. */
const sampler: ValueType<SamplerName> = {
  name: knownSamplers.name,
  parse: (word) =>
    ['jaeger_remote', 'parentbased_jaeger_remote', 'xray'].includes(word.toLowerCase())
      ? { problem: 'this sampler is not implemented' }
      : knownSamplers.parse(word),
};

const mostAllowed = integer({ min: 0, max: MAX_INT32 });

const limit = /* @__NO_SIDE_EFFECTS__ */ (name: string): Source<number> => ({ name, type: mostAllowed });

/** The options of the sampler, in the order in which tables list them. */
export const SAMPLER_SETTINGS: SettingsOf<SamplerEnvironment> = {
  sampler: {
    meaning: 'Which spans are sampled when they start',
    default: everySignal('`parentbased_always_on`'),
    sources: { traces: [{ name: 'OTEL_TRACES_SAMPLER', type: sampler }] },
  },
  samplerRatio: {
    meaning: 'The share of traces that the samplers with `traceidratio` keep',
    default: everySignal('1'),
    sources: { traces: [{ name: 'OTEL_TRACES_SAMPLER_ARG', type: ratio }] },
  },
};

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
