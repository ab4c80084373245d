import type { EventSignal, Tally } from '../collector/src/index.ts';

/**
 * A pipeline under load, Spillway's or upstream's. The ids of its items tell when they were made: see {@link
 * PhasedIds}.
 */
export interface LoadedPipeline {
  readonly signal: EventSignal;
  readonly made: number;
  /** Whether it has delivered an item, as far as it knows. */
  readonly hasDelivered: boolean;
  /** Requests in flight; undefined if it does not report them. */
  readonly requestsInFlight: number | undefined;
  emit(text: string): void;
  /** Makes the one item whose id is `POISON_ID`. */
  emitPoison(text: string): void;
  /** The fault has ended, so later items get other ids. */
  onFaultOver(): void;
  /** Records violations of the rules that apply at any moment. */
  look(): void;
  /**
   * Whether all items made before the end of the fault have arrived or were given up, and the pipeline is as it was
   * before the fault.
   */
  isRecovered(tallies: ReadonlyMap<string, Tally>): boolean;
  shutdown(): Promise<void>;
}
