import type { ProgramMessage } from '../measured-program.ts';
import type { Signal } from '../signal.ts';

/** What stands between the SDK and the receiver. `noop` does nothing: it is what making the items costs by itself. */
export type Variant = 'noop' | 'upstream' | 'spillway';

/** How the application makes its items. */
export type Load =
  /** Evenly in ticks; a late tick catches up. `warmupSeconds` of the same load come before what is measured. */
  | {
      readonly kind: 'paced';
      readonly itemsPerSecond: number;
      readonly seconds: number;
      readonly warmupSeconds: number;
      readonly tickMillis: number;
    }
  /** As fast as the event loop allows: `itemsPerTurn` items, then one turn of the loop, again and again. */
  | { readonly kind: 'burst'; readonly items: number; readonly itemsPerTurn: number };

/** What one application process is to do; sent to it as its first message. */
export interface ApplicationPlan {
  readonly signal: Signal;
  readonly variant: Variant;
  /** The receiver's endpoint for the signal. */
  readonly url: string;
  readonly load: Load;
  /** Passed to the variant's processor beside its exporter. Empty: its defaults. */
  readonly processorOptions: Readonly<Record<string, number>>;
  /** Deadline of `provider.shutdown()`; what the pipeline still holds then is lost with the process. */
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

/** What the pipeline itself says became of the items it was given. */
export interface PipelineAccounts {
  /** Items it says it was given, where it says so. */
  readonly offered?: number;
  /** Items it says it told the SDK not to build, where it can: these were never offered. */
  readonly notBuilt?: number;
  /** Items it says were delivered. */
  readonly delivered: number;
  /** Items it says were lost, by its own name for the reason. */
  readonly lost: Readonly<Record<string, number>>;
}

/** One array a column, all of one length; `atMillis` counts from the start of the load. */
export type Samples = Record<string, number[]>;

/** What one application process found. */
export interface ApplicationReport {
  /** Items made, warm-up included. */
  readonly made: number;
  /** The part of the load after the warm-up. */
  readonly measured: {
    readonly items: number;
    readonly seconds: number;
    readonly itemsPerSecond: number;
    readonly cpuUserMicros: number;
    readonly cpuSystemMicros: number;
    readonly cpuMicrosPerItem: number;
    readonly eventLoopDelayMillis: EventLoopDelay;
  };
  readonly drain: { readonly millis: number; readonly outcome: 'drained' | 'failed' | 'deadline'; readonly error?: string };
  readonly accounts: PipelineAccounts;
  readonly memory: { readonly before: Memory; readonly peak: Memory };
  /** Memory after the load, nothing drained: with `measureHeldMemory` only. */
  readonly heldMemory?: { readonly before: Memory; readonly after: Memory; readonly heldItems: number };
  /** Encoded size of one item of this load in an OTLP request, with `measureHeldMemory` only. */
  readonly encodedItemBytes?: number;
  readonly liveItems: readonly { readonly atMillis: number; readonly items: number }[];
  readonly samples: Samples;
}

/** What the application process tells the bench. */
export type ApplicationMessage = LoadingMessage | ProgramMessage<ApplicationReport>;

/** When the load begins, warm-up included, and when it is over. */
export type LoadingMessage = { readonly kind: 'loading' } | { readonly kind: 'loaded' };

/** Items the pipeline is done with: what it delivered and what it says it lost. The rest it still holds. */
export function settledItems(accounts: PipelineAccounts): number {
  return accounts.delivered + reportedLost(accounts);
}

/** Items the pipeline says it lost. */
export function reportedLost(accounts: PipelineAccounts): number {
  return Object.values(accounts.lost).reduce((sum, count) => sum + count, 0);
}
