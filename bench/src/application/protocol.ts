import type { ProgramMessage } from '../measured-program.ts';
import type { Signal } from '../signal.ts';

/** The pipeline between the SDK and the receiver. `noop` does nothing, so it shows the cost of making the items. */
export type Variant = 'noop' | 'upstream' | 'spillway';

/** How exporters compress their requests, each with its default level. */
export type Compression = 'gzip';

/** How the application makes its items. */
export type Load =
  /** Evenly in ticks; a late tick catches up. `warmupSeconds` of the same load come before the measured part. */
  | {
      readonly kind: 'paced';
      readonly itemsPerSecond: number;
      readonly seconds: number;
      readonly warmupSeconds: number;
      readonly tickMillis: number;
    }
  /** As fast as the event loop allows: `itemsPerTurn` items, then one turn of the loop, again and again. */
  | { readonly kind: 'burst'; readonly items: number; readonly itemsPerTurn: number }
  /**
   * The same for some time, without losses: while more than `maxQueued` items are queued, the application makes none.
   * `warmupSeconds` of the same load come before the measured part.
   */
  | {
      readonly kind: 'saturating';
      readonly seconds: number;
      readonly warmupSeconds: number;
      readonly itemsPerTurn: number;
      readonly maxQueued: number;
    };

/** The task of one application process, sent to it as its first message. */
export interface ApplicationPlan {
  readonly signal: Signal;
  readonly variant: Variant;
  /** The receiver's endpoint for the signal. */
  readonly url: string;
  readonly load: Load;
  /** The only core for the process. Default: all. */
  readonly core?: number | undefined;
  /** Of both exporters. Default: none. */
  readonly compression?: Compression | undefined;
  /** Options of the variant's processor, besides its exporter. If empty, its defaults apply. */
  readonly processorOptions: Readonly<Record<string, number>>;
  /** Gives Spillway's processor a spool on a slow disk, each of whose writes takes about this many ms. */
  readonly slowDiskMillis?: number | undefined;
  /** Deadline of `provider.shutdown()`. Items that the pipeline still holds then are lost with the process. */
  readonly drainMillis: number;
  /** Time between two samples of memory and pipeline state. */
  readonly sampleMillis: number;
  /** When to count the item objects alive after a full collection, in ms after the start. Costs one long pause each. */
  readonly countLiveItemsAtMillis: readonly number[];
  /**
   * Compares the memory before and after the load, each after a full collection, and ends without a drain. For a
   * receiver that never answers.
   */
  readonly measureHeldMemory: boolean;
}

/** `process.memoryUsage()`, in bytes. `external` includes `arrayBuffers`. */
export interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly arrayBuffers: number;
}

/** Percentiles of the event loop's delay, in ms; the timer's own 1 ms is part of each. */
export interface EventLoopDelay {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** What the pipeline itself reports about the items it was given. */
export interface PipelineAccounts {
  /** Items that were offered, if the pipeline reports them. */
  readonly offered?: number;
  /** Items that it told the SDK not to build, if it can do that. These were never offered. */
  readonly notBuilt?: number;
  /** Items that were delivered. */
  readonly delivered: number;
  /** Items that were lost, by the pipeline's own name for the reason. */
  readonly lost: Readonly<Record<string, number>>;
}

/** One array per column, all of the same length; `atMillis` counts from the start of the load. */
export type Samples = Record<string, number[]>;

/** What one application process found. */
export interface ApplicationReport {
  /** Items made, warm-up included. */
  readonly made: number;
  /** The part of the load after the warm-up. */
  readonly measured: {
    readonly items: number;
    /** Items that the pipeline delivered meanwhile. */
    readonly delivered: number;
    readonly seconds: number;
    readonly itemsPerSecond: number;
    readonly cpuUserMicros: number;
    readonly cpuSystemMicros: number;
    readonly cpuMicrosPerItem: number;
    readonly eventLoopDelayMillis: EventLoopDelay;
  };
  readonly drain: {
    readonly millis: number;
    readonly outcome: 'drained' | 'failed' | 'deadline';
    readonly error?: string;
  };
  readonly accounts: PipelineAccounts;
  readonly memory: { readonly before: Memory; readonly peak: Memory };
  /** Memory after the load, without a drain; only with `measureHeldMemory`. */
  readonly heldMemory?: { readonly before: Memory; readonly after: Memory; readonly heldItems: number };
  /** Encoded size of one item of this load in an OTLP request; only with `measureHeldMemory`. */
  readonly encodedItemBytes?: number;
  readonly liveItems: readonly { readonly atMillis: number; readonly items: number }[];
  readonly samples: Samples;
}

/** A message from the application process to the bench. */
export type ApplicationMessage = LoadingMessage | ProgramMessage<ApplicationReport>;

/** Sent when the load begins, warm-up included, and when it has ended. */
export type LoadingMessage = { readonly kind: 'loading' } | { readonly kind: 'loaded' };

/** Items that the pipeline has delivered or reported as lost. It still holds the rest. */
export function settledItems(accounts: PipelineAccounts): number {
  return accounts.delivered + reportedLost(accounts);
}

/** Items that the pipeline reports as lost. */
export function reportedLost(accounts: PipelineAccounts): number {
  return Object.values(accounts.lost).reduce((sum, count) => sum + count, 0);
}
