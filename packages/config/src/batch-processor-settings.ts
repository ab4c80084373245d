import { bothForms, everySignal, type SettingsOf } from './setting.ts';
import { namesOf, type Signal } from './signal.ts';
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

const atLeastOne = integer({ min: 1, max: MAX_INT32 });

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

const processorVariable =
  <T>(name: string, type: ValueType<T>) =>
  (signal: Signal) => [{ name: `${namesOf(signal).processorPrefix}${name}`, type }];

const spillwayVariable =
  <T>(name: string, type: ValueType<T>) =>
  (signal: Signal) =>
    bothForms('SPILLWAY_', name, type, signal);

/** The options of the batch processors, in the order in which tables list them. */
export const BATCH_PROCESSOR_SETTINGS: SettingsOf<BatchProcessorEnvironment> = {
  maxQueueSize: {
    meaning: 'Most items held, queued and in flight together',
    default: everySignal('262144'),
    sources: processorVariable('MAX_QUEUE_SIZE', atLeastOne),
  },
  maxExportBatchSize: {
    meaning:
      'Most items in one request; not more than the queue holds. If it is not set, batches grow in a busy process and under a backlog',
    default: everySignal('512'),
    sources: processorVariable('MAX_EXPORT_BATCH_SIZE', atLeastOne),
  },
  scheduledDelayMillis: {
    meaning: 'The longest that an item waits for its batch to fill',
    default: { traces: '5000', logs: '1000' },
    sources: processorVariable('SCHEDULE_DELAY', duration),
  },
  exportTimeoutMillis: {
    meaning: 'How long one export may take; 0 is no limit',
    default: everySignal('30000'),
    sources: processorVariable('EXPORT_TIMEOUT', timeout),
  },
  strategy: {
    meaning: 'What happens to items when there is no room for all of them',
    default: { traces: '`sample`', logs: '`drop_oldest`' },
    sources: (signal) => [
      ...spillwayVariable('STRATEGY', strategy)(signal),
      ...processorVariable('ON_QUEUE_FULL', onQueueFull)(signal),
    ],
  },
  sampleRate: {
    meaning:
      'With the strategy `sample`: 1 item in this many is kept under load. If it is not set, as many are kept as can be sent',
    default: everySignal('none'),
    sources: spillwayVariable('SAMPLE_RATE', atLeastOne),
  },
  highWatermark: {
    meaning: 'Utilization from which the state is critical',
    default: everySignal('0.8'),
    sources: spillwayVariable('HIGH_WATERMARK', ratio),
  },
  lowWatermark: {
    meaning: 'Utilization from which the state is elevated; not above the high watermark',
    default: everySignal('0.5'),
    sources: spillwayVariable('LOW_WATERMARK', ratio),
  },
  targetLatencyMillis: {
    meaning: 'The export latency that adaptive flushing aims for',
    default: everySignal('500'),
    sources: spillwayVariable('TARGET_LATENCY', { ...integer({ min: 1, max: MAX_INT32 }), name: 'duration (ms)' }),
  },
  maxQueueBytes: {
    meaning: 'Most bytes held, queued and in flight together',
    default: everySignal('64MiB, or a 24th of the memory if that is less'),
    sources: spillwayVariable('MAX_QUEUE_BYTES', byteSize),
  },
  maxItemBytes: {
    meaning: 'Largest size of one item; a larger item is refused',
    default: everySignal('4000000, or an eighth of the queue if that is less, but not below 64KiB'),
    sources: spillwayVariable('MAX_ITEM_BYTES', byteSize),
  },
  maxConcurrentExports: {
    meaning: 'Most OTLP requests in flight; below this limit, their number adapts to the collector',
    default: everySignal('32'),
    sources: spillwayVariable('MAX_CONCURRENT_EXPORTS', atLeastOne),
  },
  drainTimeoutMillis: {
    meaning: 'How long a shutdown may go on exporting the items that are left; 0 is no limit',
    default: everySignal('10000'),
    sources: spillwayVariable('DRAIN_TIMEOUT', timeout),
  },
};
