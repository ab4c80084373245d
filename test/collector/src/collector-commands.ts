import type { Fault } from './fault.ts';
import type { CollectorCounts, RequestRecord, SignalCounts } from './request-record.ts';
import type { PointAttributes } from './series.ts';
import type { SignalName } from './signal.ts';
import type { Tally } from './tally.ts';

/** The load of the receiver's process since its start or the last reset. */
export interface CollectorLoad {
  readonly cpuMillis: number;
  /** Share of the time in which its event loop was busy, 0 to 1. Near 1, it was the bottleneck. */
  readonly eventLoopUtilization: number;
}

/** The commands for a collector in its own process. All arguments and results are plain data. */
export interface CollectorCommands {
  setFault(fault: Fault | undefined): void;
  queueFaults(...faults: (Fault | undefined)[]): void;
  requests(): readonly RequestRecord[];
  counts(): CollectorCounts;
  countsOf(signal: SignalName): SignalCounts;
  orphanedLogRecords(): number;
  totalOf(metric: string, attributes?: PointAttributes): number;
  repeatedOf(metric: string, attributes?: PointAttributes): number;
  lastValueOf(metric: string, attributes?: PointAttributes): number | undefined;
  talliesOf(signal: SignalName): ReadonlyMap<string, Tally>;
  interrupt(): Promise<void>;
  goAway(): Promise<void>;
  resume(): Promise<void>;
  heal(): Promise<void>;
  /** The given span ids (hex) that were never accepted. */
  missing(ids: readonly string[]): string[];
  /** Up to `limit` span ids that were accepted more than once. */
  duplicates(limit: number): string[];
  load(): CollectorLoad;
  reset(): void;
}

export type CommandName = keyof CollectorCommands;

export interface CommandMessage {
  readonly id: number;
  readonly name: CommandName;
  readonly args: readonly unknown[];
}

/** The first message says where the collector listens or why it does not. All later messages answer a command. */
export type CollectorMessage =
  | { readonly kind: 'listening'; readonly url: string; readonly grpcUrl: string | undefined }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refused'; readonly id: number; readonly message: string };
