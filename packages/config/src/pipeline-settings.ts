import { bothForms, everySignal, type SettingsOf, type Sources } from './setting.ts';
import { byteSize } from './value-types/byte-size.ts';
import { duration, timeout } from './value-types/duration.ts';
import { integer, MAX_INT32, ratio } from './value-types/number.ts';
import { oneOf, wordOf } from './value-types/one-of.ts';
import type { ValueType } from './value-types/value-type.ts';

/** What happens to items when there is no room for all of them. */
export type StrategyName = (typeof STRATEGIES)[number];

/**
 * Options of a batch processor that the environment sets. Options that it does not set are absent.
 * Values are within their ranges; a time limit of 0 is `Infinity`.
 */
export interface BatchProcessorEnvironment {
  readonly maxQueueSize?: number;
  readonly maxExportBatchSize?: number;
  readonly scheduledDelayMillis?: number;
  readonly exportTimeoutMillis?: number;
  readonly strategy?: StrategyName;
  readonly sampleRate?: number;
  readonly highWatermark?: number;
  readonly lowWatermark?: number;
  readonly targetLatencyMillis?: number;
  readonly maxQueueBytes?: number;
  readonly maxItemBytes?: number;
  readonly maxConcurrentExports?: number;
  readonly drainTimeoutMillis?: number;
}

/** The same of the metric reader. */
export interface MetricReaderEnvironment extends Pick<
  BatchProcessorEnvironment,
  'exportTimeoutMillis' | 'maxQueueBytes' | 'drainTimeoutMillis'
> {
  readonly exportIntervalMillis?: number;
}

const atLeastOne = integer({ min: 1, max: MAX_INT32 });

const someTime = integer({ min: 1, max: MAX_INT32 }, 'duration (ms)');

const STRATEGIES = ['block', 'drop_oldest', 'drop_newest', 'sample'] as const;

const strategy = wordOf(STRATEGIES);

// The specification's proposal has only BLOCK and DROP, which refuses the newest item. Taking our own words too does no
// harm.
// https://github.com/open-telemetry/opentelemetry-specification/issues/5178, pull request 5181 (June 2026)
const onQueueFull = oneOf<StrategyName>({
  drop: 'drop_newest',
  block: 'block',
  drop_oldest: 'drop_oldest',
  drop_newest: 'drop_newest',
  sample: 'sample',
});

/** The specification's names for the processors of spans and of log records. The type refuses a pair that differs. */
/* @__NO_SIDE_EFFECTS__ */
function processorForms<T, const Option extends string>(
  type: ValueType<T>,
  forms: { readonly traces: `OTEL_BSP_${Option}`; readonly logs: `OTEL_BLRP_${NoInfer<Option>}` },
): Sources<T> {
  return { traces: [{ name: forms.traces, type }], logs: [{ name: forms.logs, type }] };
}

/** The options of the batch processors and of the metric reader, in the order in which tables list them. */
export const PIPELINE_SETTINGS: SettingsOf<BatchProcessorEnvironment & MetricReaderEnvironment> = {
  maxQueueSize: {
    meaning: 'Most items held, queued and in flight together',
    default: everySignal('262144'),
    sources: processorForms(atLeastOne, { traces: 'OTEL_BSP_MAX_QUEUE_SIZE', logs: 'OTEL_BLRP_MAX_QUEUE_SIZE' }),
  },
  maxExportBatchSize: {
    meaning:
      'Most items in one request; not more than the queue holds. If it is not set, batches grow in a busy process and under a backlog',
    default: everySignal('512'),
    sources: processorForms(atLeastOne, {
      traces: 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE',
      logs: 'OTEL_BLRP_MAX_EXPORT_BATCH_SIZE',
    }),
  },
  scheduledDelayMillis: {
    meaning: 'The longest that an item waits for its batch to fill',
    default: { traces: '5000', logs: '1000' },
    sources: processorForms(duration, { traces: 'OTEL_BSP_SCHEDULE_DELAY', logs: 'OTEL_BLRP_SCHEDULE_DELAY' }),
  },
  exportIntervalMillis: {
    meaning: 'How often metrics are collected, if the collection before has been delivered',
    default: { metrics: '60000' },
    sources: { metrics: [{ name: 'OTEL_METRIC_EXPORT_INTERVAL', type: someTime }] },
  },
  exportTimeoutMillis: {
    meaning: 'How long one export may take; 0 is no limit',
    default: everySignal('30000'),
    sources: {
      traces: [{ name: 'OTEL_BSP_EXPORT_TIMEOUT', type: timeout }],
      logs: [{ name: 'OTEL_BLRP_EXPORT_TIMEOUT', type: timeout }],
      metrics: [{ name: 'OTEL_METRIC_EXPORT_TIMEOUT', type: timeout }],
    },
  },
  strategy: {
    meaning: 'What happens to items when there is no room for all of them',
    default: { traces: '`sample`', logs: '`drop_oldest`' },
    sources: {
      traces: [
        { name: 'SPILLWAY_TRACES_STRATEGY', type: strategy },
        { name: 'SPILLWAY_STRATEGY', type: strategy },
        { name: 'OTEL_BSP_ON_QUEUE_FULL', type: onQueueFull },
      ],
      logs: [
        { name: 'SPILLWAY_LOGS_STRATEGY', type: strategy },
        { name: 'SPILLWAY_STRATEGY', type: strategy },
        { name: 'OTEL_BLRP_ON_QUEUE_FULL', type: onQueueFull },
      ],
    },
  },
  sampleRate: {
    meaning:
      'With the strategy `sample`: 1 item in this many is kept under load. If it is not set, as many are kept as can be sent',
    default: everySignal('none'),
    sources: bothForms(atLeastOne, 'SPILLWAY_SAMPLE_RATE', {
      traces: 'SPILLWAY_TRACES_SAMPLE_RATE',
      logs: 'SPILLWAY_LOGS_SAMPLE_RATE',
    }),
  },
  highWatermark: {
    meaning: 'Utilization from which the state is critical',
    default: everySignal('0.8'),
    sources: bothForms(ratio, 'SPILLWAY_HIGH_WATERMARK', {
      traces: 'SPILLWAY_TRACES_HIGH_WATERMARK',
      logs: 'SPILLWAY_LOGS_HIGH_WATERMARK',
    }),
  },
  lowWatermark: {
    meaning: 'Utilization from which the state is elevated; not above the high watermark',
    default: everySignal('0.5'),
    sources: bothForms(ratio, 'SPILLWAY_LOW_WATERMARK', {
      traces: 'SPILLWAY_TRACES_LOW_WATERMARK',
      logs: 'SPILLWAY_LOGS_LOW_WATERMARK',
    }),
  },
  targetLatencyMillis: {
    meaning: 'The export latency that adaptive flushing aims for',
    default: everySignal('500'),
    sources: bothForms(someTime, 'SPILLWAY_TARGET_LATENCY', {
      traces: 'SPILLWAY_TRACES_TARGET_LATENCY',
      logs: 'SPILLWAY_LOGS_TARGET_LATENCY',
    }),
  },
  maxQueueBytes: {
    meaning: 'Most bytes held, queued and in flight together',
    default: everySignal('64MiB, or a 24th of the memory if that is less'),
    sources: bothForms(byteSize, 'SPILLWAY_MAX_QUEUE_BYTES', {
      traces: 'SPILLWAY_TRACES_MAX_QUEUE_BYTES',
      logs: 'SPILLWAY_LOGS_MAX_QUEUE_BYTES',
      metrics: 'SPILLWAY_METRICS_MAX_QUEUE_BYTES',
    }),
  },
  maxItemBytes: {
    meaning: 'Largest size of one item; a larger item is refused',
    default: everySignal('4000000, or an eighth of the queue if that is less, but not below 64KiB'),
    sources: bothForms(byteSize, 'SPILLWAY_MAX_ITEM_BYTES', {
      traces: 'SPILLWAY_TRACES_MAX_ITEM_BYTES',
      logs: 'SPILLWAY_LOGS_MAX_ITEM_BYTES',
    }),
  },
  maxConcurrentExports: {
    meaning: 'Most OTLP requests in flight; below this limit, their number adapts to the collector',
    default: everySignal('32'),
    sources: bothForms(atLeastOne, 'SPILLWAY_MAX_CONCURRENT_EXPORTS', {
      traces: 'SPILLWAY_TRACES_MAX_CONCURRENT_EXPORTS',
      logs: 'SPILLWAY_LOGS_MAX_CONCURRENT_EXPORTS',
    }),
  },
  drainTimeoutMillis: {
    meaning: 'How long a shutdown may go on exporting the items that are left; 0 is no limit',
    default: everySignal('10000'),
    sources: bothForms(timeout, 'SPILLWAY_DRAIN_TIMEOUT', {
      traces: 'SPILLWAY_TRACES_DRAIN_TIMEOUT',
      logs: 'SPILLWAY_LOGS_DRAIN_TIMEOUT',
      metrics: 'SPILLWAY_METRICS_DRAIN_TIMEOUT',
    }),
  },
};
