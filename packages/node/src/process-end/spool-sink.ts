import type { OutgoingRequest } from '@spillway/otlp/transport';

/** Durable storage that can be written to while the process ends. */
export interface SpoolSink {
  /**
   * Stores a request, synchronously: what is not stored when it returns may never be. It is called for one request after
   * the other, so that they are never all in memory. The memory of a request's body may be used again afterwards.
   * @returns whether the request is safe. At `process.exit()` and crashes the others are shipped instead; after a drain they
   *   are lost, because its time is over
   */
  write(request: OutgoingRequest): boolean;
}
