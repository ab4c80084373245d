import { DEFAULT_RETRY, type ResolvedRetryOptions, type RetryOptions } from './backoff.ts';
import { BackpressureStrategy } from './backpressure-strategy.ts';
import type { BackpressureState } from './backpressure-state.ts';
import type { BatchBuffer } from './batch-buffer.ts';
import {
  type CircuitBreakerOptions,
  DEFAULT_CIRCUIT_BREAKER,
  type ResolvedCircuitBreakerOptions,
} from './circuit-breaker.ts';
import { Destination } from './destination.ts';
import type { DropReason } from './drop-reason.ts';
import type { FlushReport } from './flush-report.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { Observers, type PipelineObserver } from './observers.ts';
import type { Overflow } from './overflow.ts';
import type { PressureSource } from './pressure-source.ts';
import { above0, finiteFrom0, finiteFrom1, from0, notAbove, share, wholeFrom1 } from './option-checks.ts';

/** The fixed contract of the controller. Every field has a default. */
export interface BackpressureConfig {
  /** Items held at most: queued, in flight and waiting for a retry. Default 10 000. */
  maxBufferSize: number;
  /** Utilization, 0 to 1, from which the state is CRITICAL. Default 0.8. */
  highWatermark: number;
  /** Utilization, 0 to 1, from which the state is ELEVATED. Default 0.5. */
  lowWatermark: number;
  /** What happens to an item when there is no room. Default `drop_oldest`. */
  strategy: BackpressureStrategy;
  /** `sample` keeps 1 in this many while the state is not NORMAL. A whole number from 1. Default 10. */
  sampleRate?: number;
  /** `block` waits this long for room, in milliseconds; 0 does not wait. Default 5 000. */
  maxBlockTimeMs?: number;
  /**
   * A batch of this many items leaves immediately. Default 100, or `maxBufferSize` or `maxBatchSize` if that is less.
   */
  batchSize: number;
  /** The shortest time in milliseconds that a batch which is not full waits. Default 100. */
  minFlushIntervalMs: number;
  /** The longest such time, for a slow consumer. Default 30 000. */
  maxFlushIntervalMs: number;
  /** Flushes faster than half of this shorten the interval, flushes slower than 1.5 of it lengthen it. Default 500. */
  targetLatencyMs: number;
}

/** The options in addition to the fixed contract. */
export interface ControllerOptions<Item, Batch = Item[]> {
  /**
   * Bytes held at most, in addition to the bound on items. Needs `sizeOf`, or a buffer that counts bytes. Default: no
   * bound.
   */
  readonly maxBufferBytes?: number;
  /** Bytes that an item occupies. Without this function or your own buffer, bytes are not counted. */
  readonly sizeOf?: (item: Item) => number;
  /** The lane of an item: a whole number from 0 to 31, where higher is kept longer and sent first. Default: all 0. */
  readonly priorityOf?: (item: Item) => number;
  /** `sample` asks this which items are kept, instead of counting to `sampleRate`. */
  readonly isSampled?: (item: Item, sampleRate: number) => boolean;
  /** Where items are kept. Default: an {@link ObjectBuffer}. */
  readonly buffer?: BatchBuffer<Item, Batch>;
  /**
   * Batches grow from `batchSize` up to this if more than five a second would leave, or a backlog needs it, and shrink
   * again while flushes fail. Default `batchSize`: they do not grow.
   */
  readonly maxBatchSize?: number;
  /**
   * Items are gathered into one batch of up to this size while at least `batchSize` of them come in every 400 ms, the
   * consumer answers within half of `targetLatencyMs`, and nothing is in flight. A batch is gathered for 400 ms (at
   * most `maxFlushIntervalMs`), and only until an eighth of any bound is held, or a quarter of `lowWatermark` if that
   * is less. After a batch larger than `maxBatchSize` failed or was rejected in part, none is gathered for ten minutes.
   * Default `maxBatchSize`: items are not gathered.
   */
  readonly gatheredBatchSize?: number;
  /** Bytes of a full batch, like `batchSize` for items. A larger item goes alone. Default `maxBatchBytes`. */
  readonly batchBytes?: number;
  /** Bytes in one flush at most. A larger item is refused as `too_large`. Default: no bound. */
  readonly maxBatchBytes?: number;
  /**
   * Bytes of one item at most. A larger one is refused as `too_large`, before anything is given up for it. Default:
   * only the other bounds apply.
   */
  readonly maxItemBytes?: number;
  /** A flush is aborted, and its batch sent again, after this many milliseconds. Default 30 000. */
  readonly flushTimeoutMs?: number;
  /** Flushes in flight at most. The number adapts to the consumer, starting at 4. Default 1. */
  readonly maxConcurrentFlushes?: number;
  /** How long to wait after failures. */
  readonly retry?: RetryOptions;
  /** When to stop calling a consumer that is down. */
  readonly circuitBreaker?: CircuitBreakerOptions;
  /**
   * The health of the consumer. Controllers that send to the same consumer should share one: they then back off
   * together, take turns to probe it, and all go on with the first answer. Default: one of its own.
   */
  readonly destination?: Destination;
  /** Items are given up (`expired`) this long after they were first sent. Default: never. */
  readonly maxAgeMs?: number;
  /** A limit in bytes that is shared with other controllers. Half of it is divided equally among them. */
  readonly memoryBudget?: MemoryBudget;
  /** Other sources of pressure. The state follows the worst. */
  readonly pressure?: readonly PressureSource[];
  /** `drain`, `flush` and `close` end after this many milliseconds unless the call says otherwise. Default 10 000. */
  readonly drainTimeoutMs?: number;
  /** Keeps items that cannot stay in memory. Default: none, and they are given up. */
  readonly overflow?: Overflow<Batch>;
  /** Called after each change of state. */
  readonly onStateChange?: (state: BackpressureState, previous: BackpressureState) => void;
  /** Called when items were refused, were given up, or have failed, with the reason and their number. */
  readonly onDrop?: (reason: DropReason, count: number) => void;
  /** Called after each flush has settled. */
  readonly onFlush?: (report: FlushReport) => void;
  /** Further observers, called after the three callbacks above. Errors that any of them throws are ignored. */
  readonly observers?: readonly PipelineObserver[];
}

/** Every option, resolved and checked. */
export type ResolvedConfig<Item, Batch> = Required<BackpressureConfig> &
  Required<
    Pick<
      ControllerOptions<Item, Batch>,
      | 'maxBufferBytes'
      | 'maxBatchSize'
      | 'gatheredBatchSize'
      | 'batchBytes'
      | 'maxBatchBytes'
      | 'maxItemBytes'
      | 'flushTimeoutMs'
      | 'maxConcurrentFlushes'
      | 'maxAgeMs'
      | 'pressure'
      | 'drainTimeoutMs'
    >
  > &
  Pick<
    ControllerOptions<Item, Batch>,
    'sizeOf' | 'priorityOf' | 'isSampled' | 'buffer' | 'memoryBudget' | 'overflow'
  > & {
    readonly retry: ResolvedRetryOptions;
    readonly circuitBreaker: ResolvedCircuitBreakerOptions;
    readonly destination: Destination;
    /** Includes the three callbacks, as the first observer. */
    readonly observers: Observers;
  };

/** The defaults of the fixed contract. */
export const DEFAULT_BACKPRESSURE_CONFIG: Readonly<Required<BackpressureConfig>> = {
  maxBufferSize: 10_000,
  highWatermark: 0.8,
  lowWatermark: 0.5,
  strategy: BackpressureStrategy.DROP_OLDEST,
  sampleRate: 10,
  maxBlockTimeMs: 5_000,
  batchSize: 100,
  minFlushIntervalMs: 100,
  maxFlushIntervalMs: 30_000,
  targetLatencyMs: 500,
};

/** A configuration of the controller: everything may be left out. */
export type BackpressureControllerConfig<Item, Batch = Item[]> = Partial<BackpressureConfig> &
  ControllerOptions<Item, Batch>;

/**
 * Fills in defaults and checks the whole. A default adapts to given values. Two given values that contradict each other
 * are an error.
 * @throws RangeError, or TypeError for a value of the wrong type, that names the field and the value
 */
export function resolveConfig<Item, Batch>(
  config: BackpressureControllerConfig<Item, Batch>,
): ResolvedConfig<Item, Batch> {
  const defaults = DEFAULT_BACKPRESSURE_CONFIG;
  const batchSizeGiven = given(wholeFrom1, 'batchSize', config.batchSize);
  const maxBatchSizeGiven = given(wholeFrom1, 'maxBatchSize', config.maxBatchSize);
  const maxBufferSize =
    given(wholeFrom1, 'maxBufferSize', config.maxBufferSize) ?? Math.max(defaults.maxBufferSize, batchSizeGiven ?? 0);
  const batchSize = batchSizeGiven ?? Math.min(defaults.batchSize, maxBufferSize, maxBatchSizeGiven ?? Infinity);
  notAbove('batchSize', batchSize, 'maxBufferSize', maxBufferSize);
  const maxBatchSize = maxBatchSizeGiven ?? batchSize;
  notAbove('batchSize', batchSize, 'maxBatchSize', maxBatchSize);
  const gatheredBatchSize = given(wholeFrom1, 'gatheredBatchSize', config.gatheredBatchSize) ?? maxBatchSize;
  notAbove('maxBatchSize', maxBatchSize, 'gatheredBatchSize', gatheredBatchSize);

  const batchBytesGiven = given(above0, 'batchBytes', config.batchBytes);
  const maxBatchBytes = above0('maxBatchBytes', config.maxBatchBytes ?? Infinity);
  const batchBytes = batchBytesGiven ?? maxBatchBytes;
  notAbove('batchBytes', batchBytes, 'maxBatchBytes', maxBatchBytes);

  const [lowWatermark, highWatermark] = ordered(share, config, 'lowWatermark', 'highWatermark', defaults);
  const [minFlushIntervalMs, maxFlushIntervalMs] = ordered(
    finiteFrom0,
    config,
    'minFlushIntervalMs',
    'maxFlushIntervalMs',
    defaults,
  );

  const resolved: ResolvedConfig<Item, Batch> = {
    ...pick(config),
    maxBufferSize,
    batchSize,
    maxBatchSize,
    gatheredBatchSize,
    highWatermark,
    lowWatermark,
    minFlushIntervalMs,
    maxFlushIntervalMs,
    strategy: strategyOf(config.strategy ?? defaults.strategy),
    sampleRate: wholeFrom1('sampleRate', config.sampleRate ?? defaults.sampleRate),
    maxBlockTimeMs: from0('maxBlockTimeMs', config.maxBlockTimeMs ?? defaults.maxBlockTimeMs),
    targetLatencyMs: above0('targetLatencyMs', config.targetLatencyMs ?? defaults.targetLatencyMs),
    maxBufferBytes: above0('maxBufferBytes', config.maxBufferBytes ?? Infinity),
    batchBytes,
    maxBatchBytes,
    maxItemBytes: above0('maxItemBytes', config.maxItemBytes ?? Infinity),
    flushTimeoutMs: above0('flushTimeoutMs', config.flushTimeoutMs ?? 30_000),
    maxConcurrentFlushes: wholeFrom1('maxConcurrentFlushes', config.maxConcurrentFlushes ?? 1),
    maxAgeMs: above0('maxAgeMs', config.maxAgeMs ?? Infinity),
    drainTimeoutMs: from0('drainTimeoutMs', config.drainTimeoutMs ?? 10_000),
    pressure: pressureOf(config.pressure ?? []),
    retry: resolveRetry(object('retry', config.retry ?? {})),
    circuitBreaker: resolveCircuitBreaker(object('circuitBreaker', config.circuitBreaker ?? {})),
    destination: object('destination', config.destination ?? new Destination()),
    observers: observersOf(config),
  };
  bytesAreCounted(resolved);
  return resolved;
}

/** A bound on bytes that are not counted would look like protection, but give none. */
function bytesAreCounted<Item, Batch>(config: ResolvedConfig<Item, Batch>): void {
  if (config.sizeOf !== undefined || config.buffer !== undefined) return;
  const bounds = [
    ['maxBufferBytes', config.maxBufferBytes !== Infinity],
    ['maxBatchBytes', config.maxBatchBytes !== Infinity],
    ['batchBytes', config.batchBytes !== Infinity],
    ['maxItemBytes', config.maxItemBytes !== Infinity],
    ['memoryBudget', config.memoryBudget !== undefined],
  ] as const;
  for (const [name, isGiven] of bounds) {
    if (isGiven)
      throw new TypeError(`${name} needs sizeOf, or a buffer that counts bytes: without either, items have no size`);
  }
}

function resolveRetry(retry: RetryOptions): ResolvedRetryOptions {
  const [initialBackoffMs, maxBackoffMs] = ordered(
    finiteFrom0,
    retry,
    'initialBackoffMs',
    'maxBackoffMs',
    DEFAULT_RETRY,
    'retry.',
  );
  const multiplier = finiteFrom1('retry.multiplier', retry.multiplier ?? DEFAULT_RETRY.multiplier);
  const earlyMaxBackoffMs = retry.maxBackoffMs ?? Math.max(initialBackoffMs, DEFAULT_RETRY.earlyMaxBackoffMs);
  return { initialBackoffMs, earlyMaxBackoffMs, maxBackoffMs, multiplier };
}

function resolveCircuitBreaker(options: CircuitBreakerOptions): ResolvedCircuitBreakerOptions {
  const failureThreshold = options.failureThreshold ?? DEFAULT_CIRCUIT_BREAKER.failureThreshold;
  return {
    failureThreshold:
      failureThreshold === Infinity ? Infinity : wholeFrom1('circuitBreaker.failureThreshold', failureThreshold),
  };
}

const FUNCTIONS = ['sizeOf', 'priorityOf', 'isSampled'] as const;
const OBJECTS = ['buffer', 'memoryBudget', 'overflow'] as const;
const CALLBACKS = ['onStateChange', 'onDrop', 'onFlush'] as const;

function observersOf<Item, Batch>(config: ControllerOptions<Item, Batch>): Observers {
  for (const name of CALLBACKS) optionalFunction(name, config[name]);
  const { onStateChange, onDrop, onFlush, observers = [] } = config;
  if (!Array.isArray(observers)) throw new TypeError(`observers must be an array, got ${typeof observers}`);
  const callbacks = Object.fromEntries(
    Object.entries({ onStateChange, onDrop, onFlush }).filter(([, callback]) => callback !== undefined),
  );
  const last: readonly PipelineObserver[] = Object.keys(callbacks).length > 0 ? [callbacks] : [];
  // Callbacks come last: they may push, and the changes that follow must reach the observers after this one.
  return new Observers([...observers.map((observer) => object('observers', observer)), ...last]);
}

function optionalFunction(name: string, value: ((...args: never[]) => unknown) | undefined): void {
  if (value !== undefined && typeof value !== 'function')
    throw new TypeError(`${name} must be a function, got ${String(value)}`);
}

/** The options that are taken over unchanged, without those that were not given. */
function pick<Item, Batch>(
  config: ControllerOptions<Item, Batch>,
): Pick<ControllerOptions<Item, Batch>, (typeof FUNCTIONS)[number] | (typeof OBJECTS)[number]> {
  for (const name of FUNCTIONS) optionalFunction(name, config[name]);
  for (const name of OBJECTS) if (config[name] !== undefined) object(name, config[name]);
  const names = [...FUNCTIONS, ...OBJECTS] as const;
  return Object.fromEntries(names.filter((name) => config[name] !== undefined).map((name) => [name, config[name]]));
}

function pressureOf(sources: readonly PressureSource[]): readonly PressureSource[] {
  if (!Array.isArray(sources)) throw new TypeError(`pressure must be an array, got ${typeof sources}`);
  for (const source of sources) {
    if (typeof object('pressure', source).utilization !== 'function')
      throw new TypeError('pressure must be an array of sources with a function utilization');
    if (source.memory !== undefined)
      above0('limitBytes of a pressure source', object('memory of a pressure source', source.memory).limitBytes);
  }
  return sources;
}

function object<T>(field: string, value: T): T {
  if (typeof value !== 'object' || value === null)
    throw new TypeError(`${field} must be an object, got ${typeof value} ${String(value)}`);
  return value;
}

function strategyOf(value: unknown): BackpressureStrategy {
  const known = Object.values(BackpressureStrategy);
  const strategy = known.find((name) => name === value);
  if (strategy === undefined) throw new RangeError(`strategy must be one of ${known.join(', ')}, got ${String(value)}`);
  return strategy;
}

type Check = (field: string, value: number) => number;

function given(check: Check, field: string, value: number | undefined): number | undefined {
  return (value ?? undefined) === undefined ? undefined : check(field, value as number);
}

/** Two fields, the first of which must not exceed the second. A default adapts to the given value of the other one. */
function ordered<Low extends string, High extends string>(
  check: Check,
  values: { readonly [Field in Low | High]?: number | undefined },
  lowField: Low,
  highField: High,
  defaults: Readonly<Record<Low | High, number>>,
  prefix = '',
): [low: number, high: number] {
  const lowGiven = given(check, prefix + lowField, values[lowField]);
  const highGiven = given(check, prefix + highField, values[highField]);
  const low = lowGiven ?? Math.min(defaults[lowField], highGiven ?? Infinity);
  const high = highGiven ?? Math.max(defaults[highField], low);
  notAbove(prefix + lowField, low, prefix + highField, high);
  return [low, high];
}
