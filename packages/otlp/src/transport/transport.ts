import type { FlushOutcome } from '@spillway/backpressure';
import type { RequestToHandOver } from './outgoing-request.ts';
import type { OtlpRequestBody } from './request-body.ts';

/**
 * Carries a request to the collector, in exactly one attempt. It classifies the result but does not act on it: the
 * controller waits, retries and splits.
 */
export interface OtlpTransport {
  /**
   * The destination: scheme, host and port of the collector, and of the proxy if there is one. Transports with the same
   * origin have the same outages. If it is absent, the pipeline shares nothing with others.
   */
  readonly origin?: string;

  /**
   * Makes one attempt. Never rejects. Settles only when nothing reads the bytes of `body` any more: after an answer,
   * when the request was written in full and the answer has ended; otherwise when the connection is closed.
   * @param signal ends the attempt early; the outcome is then `retry`, or that of the answer if one had begun
   */
  send(body: OtlpRequestBody, signal: AbortSignal): Promise<FlushOutcome>;

  /**
   * The request of `send`, to be sent by other means. Synchronous; the bytes are not copied. Absent if only this
   * transport can send, and `undefined` as long as nothing else can.
   */
  requestOf?(body: OtlpRequestBody): RequestToHandOver | undefined;

  /**
   * Sends a request before it returns, when the process or the page ends and perhaps nothing can be awaited any more. The
   * bytes of `body` are not read later. Absent if only another process could do that: see `requestOf`.
   * @returns what becomes of the request, for whoever is still there; `undefined` if it was not sent
   */
  sendNow?(body: OtlpRequestBody): Promise<FlushOutcome> | undefined;

  /** Closes idle connections. Attempts in flight go on until their signals end them. Later attempts send nothing. */
  shutdown(): Promise<void>;
}
