import type { FlushOutcome } from '@spillway/backpressure';
import type { RequestToHandOver } from './outgoing-request.ts';
import type { OtlpRequestBody } from './request-body.ts';

/**
 * Carries a request to the collector, in exactly one attempt. It classifies what became of it and acts on nothing:
 * waiting, repeating and splitting are the controller's.
 */
export interface OtlpTransport {
  /**
   * Where requests go: scheme, host and port of the collector, and of the proxy if there is one. Transports with the same
   * origin meet the same outages. Absent: unknown, and its pipeline shares nothing with others.
   */
  readonly origin?: string;

  /**
   * One attempt. Never rejects. Settles only when nothing reads the bytes of `body` any more: after an answer, when the
   * request was written in full and the answer has ended; otherwise when the connection is closed.
   * @param signal ends the attempt early; the outcome is then `retry`, or that of the answer if one had begun
   */
  send(body: OtlpRequestBody, signal: AbortSignal): Promise<FlushOutcome>;

  /**
   * What `send` would send, for somebody else to send. Synchronous; the bytes are not copied. Absent if only this
   * transport can send.
   */
  requestOf?(body: OtlpRequestBody): RequestToHandOver;

  /** Closes idle connections. Attempts under way go on; their signals end them. Later attempts send nothing. */
  shutdown(): Promise<void>;
}
