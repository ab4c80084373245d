import type { SignalName, Tally } from '../collector/src/index.ts';

/** A pipeline under load, ours or upstream's. Its items are told apart by when they were made: see {@link PhasedIds}. */
export interface LoadedPipeline {
  readonly signal: SignalName;
  readonly made: number;
  /** Whether an item of it has been delivered, as far as it knows. */
  readonly hasDelivered: boolean;
  /** Requests under way; undefined if it does not tell. */
  readonly requestsInFlight: number | undefined;
  emit(text: string): void;
  /** Makes the one item whose id is `POISON_ID`. */
  emitPoison(text: string): void;
  /** The fault is over: later items are told apart. */
  onFaultOver(): void;
  /** Notes what must not be at any moment. */
  look(): void;
  /** Whether everything that was made before the end of the fault has arrived or was given up, and the pipeline is as before it. */
  isRecovered(tallies: ReadonlyMap<string, Tally>): boolean;
  shutdown(): Promise<void>;
}
