import type { OutgoingRequest } from '@spillway/otlp/transport';

/** Durable storage that can be written to while the process ends. */
export interface SpoolSink {
  /**
   * Stores a request synchronously: data that is not stored on return may be lost. It is called for one request after
   * the other, so the requests are never all in memory. The memory of a request's body may be reused afterwards.
   * @returns whether the request is safe. At `process.exit()` and crashes, the other requests are shipped instead.
   *   After a drain, they are lost, because its time is over
   */
  write(request: OutgoingRequest): boolean;
}
