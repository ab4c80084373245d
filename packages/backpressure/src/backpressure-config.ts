import type { RetryOptions } from './backoff.ts';
import { BackpressureStrategy } from './backpressure-strategy.ts';
import type { BackpressureState } from './backpressure-state.ts';
import type { BatchBuffer } from './batch-buffer.ts';
import type { CircuitBreakerOptions } from './circuit-breaker.ts';
import type { Destination } from './destination.ts';
import type { DropReason } from './drop-reason.ts';
import type { FlushReport } from './flush-report.ts';
import type { MemoryBudget } from './memory-budget.ts';
import type { PipelineObserver } from './observers.ts';
import type { Overflow } from './overflow.ts';
import type { PressureSource } from './pressure-source.ts';

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
