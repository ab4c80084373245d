import type { OutgoingRequest } from '@spillway/otlp';

/** Durable storage that can be written to while the process ends. */
export interface SpoolSink {
  /**
   * Stores requests, synchronously: what is not stored when it returns may never be.
   * @returns how many are safe, counted from the first on. At `process.exit()` and crashes the others are shipped instead;
   *   after a drain they are lost, for its time is over
   */
  write(requests: readonly OutgoingRequest[]): number;
}
