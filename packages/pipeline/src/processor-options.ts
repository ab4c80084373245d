import {
  above0,
  type BackpressureState,
  type BackpressureStrategy,
  type CircuitBreakerOptions,
  type DropReason,
  finiteFrom0,
  from0,
  type MemoryBudget,
  notAbove,
  type PressureSource,
  type RetryOptions,
  share,
  wholeFrom1,
} from '@spillway/backpressure';
import {
  type Environment,
  processEnvironment,
  readBatchProcessorEnvironment,
  type Signal,
  type Warn,
} from '@spillway/config';
import { type MeterSource, meterSourceOf, type SelfObsMeterProvider } from '@spillway/otlp';
import { defaultQueueBytes } from './process-memory.ts';
import type { RequestSpool } from './spool/request-spool.ts';

/**
 * Options of the span and log record processors, besides the exporter. All are optional: the environment comes next,
 * then the default. Two given options that contradict each other throw; a default gives way.
 */
export interface ProcessorOptions<Item> {
  /** Most items held: queued, in flight and waiting for a retry. Default 262 144. */
  readonly maxQueueSize?: number | undefined;
  /**
   * Most items in one export. Default 512, or `maxQueueSize` if that is less. If you give no number, batches grow up to
   * 2 048 if more than five a second would be sent or a backlog needs it. At 1 280 items a second or more, up to 4 096
   * are gathered for 400 ms while the collector is quick.
   */
  readonly maxExportBatchSize?: number | undefined;
  /**
   * The longest time in milliseconds that an item waits for its batch to fill. Default 5 000 for spans, 1 000 for logs.
   */
  readonly scheduledDelayMillis?: number | undefined;
  /** An export is aborted, and its batch sent again, after this many milliseconds; 0 is no limit. Default 30 000. */
  readonly exportTimeoutMillis?: number | undefined;
  /** Most bytes held. Default 64 MiB, or a 24th of the memory that the process may use if that is less. */
  readonly maxQueueBytes?: number | undefined;
  /**
   * Most bytes of one encoded item. A larger one is refused as `too_large`, and nothing is dropped for it. Default 4
   * 000 000, or an eighth of `maxQueueBytes` if that is less, but not below 64 KiB.
   */
  readonly maxItemBytes?: number | undefined;
  /** What happens to items when there is little room or none. Default `sample` for spans, `drop_oldest` for logs. */
  readonly strategy?: BackpressureStrategy | undefined;
  /**
   * `sample` keeps 1 in this many while the state is not NORMAL. Default: as many as can be sent, by the recent load.
   */
  readonly sampleRate?: number | undefined;
  /** Utilization, 0 to 1, from which the state is CRITICAL. Default 0.8. */
  readonly highWatermark?: number | undefined;
  /** Utilization, 0 to 1, from which the state is ELEVATED. Default 0.5. */
  readonly lowWatermark?: number | undefined;
  /** The latency of an export, in milliseconds, that adaptive flushing aims at. Default 500. */
  readonly targetLatencyMillis?: number | undefined;
  /**
   * Most requests in flight, adapted to the collector. Default 32. A foreign exporter always runs one export at a time.
   */
  readonly maxConcurrentExports?: number | undefined;
  /** `shutdown` drops the remaining items after this many milliseconds; 0 is no limit. Default 10 000. */
  readonly drainTimeoutMillis?: number | undefined;
  /** The lane of an item: a whole number from 0 to 31. Higher lanes are kept longer and sent first. */
  readonly priorityOf?: ((item: Item) => number) | undefined;
  /** Other sources of pressure, such as memory. Memory counts only as far as dropping items would relieve it. */
  readonly pressure?: readonly PressureSource[] | undefined;
  /**
   * A limit in bytes shared with other processors. Half of it is divided equally among them; the rest is first come,
   * first served.
   */
  readonly memoryBudget?: MemoryBudget | undefined;
  /**
   * Keeps what memory cannot hold, and what a process cannot send before it ends: a `Spool` of `@spillway/spool`. While
   * it takes items, none is sampled out or dropped for lack of room. A foreign exporter cannot use it. Default: none.
   */
  readonly spool?: RequestSpool | undefined;
  /** How long to wait after failures. */
  readonly retry?: RetryOptions | undefined;
  /** When to stop calling a collector that is down. */
  readonly circuitBreaker?: CircuitBreakerOptions | undefined;
  /** Where metrics about the pipeline itself are recorded: see docs/self-metrics.md. Default: nowhere. */
  readonly selfObsMeterProvider?: SelfObsMeterProvider | undefined;
  /** Called after each change of state. */
  readonly onStateChange?: ((state: BackpressureState, previous: BackpressureState) => void) | undefined;
  /** Called for dropped items, with the reason and how many. */
  readonly onDrop?: ((reason: DropReason, count: number) => void) | undefined;
}

type Optional =
  | 'priorityOf'
  | 'pressure'
  | 'memoryBudget'
  | 'spool'
  | 'retry'
  | 'circuitBreaker'
  | 'onStateChange'
  | 'onDrop'
  | 'selfObsMeterProvider'
  | 'highWatermark'
  | 'lowWatermark'
  | 'sampleRate'
  | 'maxConcurrentExports';

/** Checked options, with the environment and the defaults filled in. */
export type ResolvedProcessorOptions<Item> = {
  readonly [Name in Exclude<keyof ProcessorOptions<Item>, Optional>]-?: NonNullable<ProcessorOptions<Item>[Name]>;
} & Pick<ProcessorOptions<Item>, Optional> & {
    /** The size up to which batches may grow. */
    readonly maxGrownBatchSize: number;
    /** How many items may be gathered for one request to a quick collector. */
    readonly gatheredBatchSize: number;
    readonly meterSource: MeterSource | undefined;
  };

/**
 * OpenTelemetry SDK specification, "Batching processor": 512 items, 5 s between exports of spans, 1 s of log records,
 * 30 s for an export.
 */
const DEFAULT_BATCH_SIZE = 512;
const DEFAULT_DELAY_MILLIS: Readonly<Record<Signal, number>> = { traces: 5_000, logs: 1_000, metrics: 0 };
const DEFAULT_EXPORT_TIMEOUT_MILLIS = 30_000;
const DEFAULT_STRATEGY: Readonly<Record<Signal, BackpressureStrategy>> = {
  traces: 'sample',
  logs: 'drop_oldest',
  metrics: 'drop_newest',
};

const DEFAULT_QUEUE_SIZE = 262_144;
/** Four batches of the usual size in one request. With larger ones, a failed request would lose or repeat too much. */
const GROWN_BATCH_SIZE = 4 * DEFAULT_BATCH_SIZE;
/**
 * A larger request saves little more, and writing it delays the event loop noticeably (`npm run bench -- --only
 * fast-50k`).
 */
const GATHERED_BATCH_SIZE = 8 * DEFAULT_BATCH_SIZE;
/**
 * The default limits of receivers, with room for resource and scope: gRPC servers refuse more than 4 MiB, the Collector
 * more than 20 MiB over HTTP. A small queue must not be emptied for one item, but an ordinary item must fit.
 */
const DEFAULT_ITEM_BYTES = 4_000_000;
const MOST_SHARE_OF_QUEUE = 1 / 8;
const ORDINARY_ITEM_BYTES = 64 * 1024;
const DEFAULT_TARGET_LATENCY_MILLIS = 500;
/** How long a shutdown may go on exporting by default. */
export const DEFAULT_DRAIN_TIMEOUT_MILLIS = 10_000;

/**
 * Code, then environment, then default.
 * @param warn is called for variables that are ignored
 */
export function resolveProcessorOptions<Item>(
  signal: Signal,
  options: ProcessorOptions<Item>,
  warn: Warn,
  environment: Environment = processEnvironment(),
): ResolvedProcessorOptions<Item> {
  // A reader of metrics has variables of its own, and has read them.
  const variables = signal === 'metrics' ? {} : readBatchProcessorEnvironment(signal, environment, warn, options);
  const given: ProcessorOptions<Item> = { ...variables, ...withoutUndefined(options) };
  checkGiven(given);
  const maxQueueSize = given.maxQueueSize ?? Math.max(DEFAULT_QUEUE_SIZE, given.maxExportBatchSize ?? 0);
  const maxExportBatchSize = given.maxExportBatchSize ?? Math.min(DEFAULT_BATCH_SIZE, maxQueueSize);
  const maxQueueBytes = given.maxQueueBytes ?? Math.max(defaultQueueBytes(), given.maxItemBytes ?? 0);
  return {
    ...given,
    meterSource: meterSourceOf(given.selfObsMeterProvider),
    maxQueueSize,
    maxExportBatchSize,
    maxGrownBatchSize:
      given.maxExportBatchSize ?? Math.max(maxExportBatchSize, Math.min(GROWN_BATCH_SIZE, maxQueueSize)),
    gatheredBatchSize: given.maxExportBatchSize ?? GATHERED_BATCH_SIZE,
    scheduledDelayMillis: given.scheduledDelayMillis ?? DEFAULT_DELAY_MILLIS[signal],
    exportTimeoutMillis: limitOf(given.exportTimeoutMillis ?? DEFAULT_EXPORT_TIMEOUT_MILLIS),
    maxQueueBytes,
    maxItemBytes: given.maxItemBytes ?? defaultItemBytes(maxQueueBytes),
    strategy: given.strategy ?? DEFAULT_STRATEGY[signal],
    targetLatencyMillis: given.targetLatencyMillis ?? DEFAULT_TARGET_LATENCY_MILLIS,
    drainTimeoutMillis: limitOf(given.drainTimeoutMillis ?? DEFAULT_DRAIN_TIMEOUT_MILLIS),
  };
}

const CHECKS: { readonly [Name in keyof ProcessorOptions<unknown>]?: (name: string, value: number) => number } = {
  maxQueueSize: wholeFrom1,
  maxExportBatchSize: wholeFrom1,
  scheduledDelayMillis: finiteFrom0,
  exportTimeoutMillis: from0,
  maxQueueBytes: above0,
  maxItemBytes: above0,
  sampleRate: wholeFrom1,
  highWatermark: share,
  lowWatermark: share,
  targetLatencyMillis: above0,
  maxConcurrentExports: wholeFrom1,
  drainTimeoutMillis: from0,
};

/** The controller checks as well, but it knows these options by other names than the user. */
function checkGiven<Item>(given: ProcessorOptions<Item>): void {
  for (const [name, check] of Object.entries(CHECKS)) {
    const value = given[name as keyof typeof CHECKS];
    if (value !== undefined) check(name, value as number);
  }
  for (const name of ['priorityOf', 'onStateChange', 'onDrop'] as const) {
    if (given[name] !== undefined && typeof given[name] !== 'function')
      throw new TypeError(`${name} must be a function, got ${typeof given[name]}`);
  }
  checkSpool(given.spool);
  notAbove('maxExportBatchSize', given.maxExportBatchSize ?? 1, 'maxQueueSize', given.maxQueueSize ?? Infinity);
  notAbove('maxItemBytes', given.maxItemBytes ?? 1, 'maxQueueBytes', given.maxQueueBytes ?? Infinity);
  notAbove('lowWatermark', given.lowWatermark ?? 0, 'highWatermark', given.highWatermark ?? 1);
}

function checkSpool(spool: { readonly join?: unknown } | null | undefined): void {
  if (spool !== undefined && typeof spool?.join !== 'function')
    throw new TypeError(`spool must be an object with a join function, such as a Spool, got ${typeof spool}`);
}

function defaultItemBytes(maxQueueBytes: number): number {
  return Math.min(
    DEFAULT_ITEM_BYTES,
    Math.max(maxQueueBytes * MOST_SHARE_OF_QUEUE, ORDINARY_ITEM_BYTES),
    maxQueueBytes,
  );
}

/** Like OpenTelemetry's variables: a time-out of 0 means no limit. */
export function limitOf(timeoutMillis: number): number {
  return timeoutMillis === 0 ? Infinity : timeoutMillis;
}

/** An option that is `undefined` counts as not given, as everywhere in OpenTelemetry. */
export function withoutUndefined<Options extends object>(options: Options): Given<Options> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<Options>;
}

type Given<Options> = { [Name in keyof Options]: Exclude<Options[Name], undefined> };
