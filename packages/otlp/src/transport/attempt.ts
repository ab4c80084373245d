import type { FlushOutcome } from '@spillway/backpressure';
import { Deadline } from './deadline.ts';
import { outcomeOfAbort, outcomeOfTimeout } from './failure-outcome.ts';
import type { OtlpRequestBody } from './request-body.ts';
import { OtlpTransportError } from './transport-error.ts';
import type { ResolvedTransportOptions } from './transport-options.ts';

/**
 * The common part of every transport's attempt: it refuses requests that must not be sent, sets the deadline, and never
 * rejects.
 * @param perform sends the request; it must not settle before the body's bytes are free, even after the deadline
 */
export async function attempt(
  options: ResolvedTransportOptions,
  body: OtlpRequestBody,
  signal: AbortSignal,
  perform: (deadline: Deadline) => Promise<FlushOutcome>,
): Promise<FlushOutcome> {
  const { host } = options.url;
  if (body.byteLength > options.maxRequestBytes) {
    const message = `a request of ${body.byteLength} bytes is above maxRequestBytes (${options.maxRequestBytes})`;
    return { kind: 'too_large', error: new OtlpTransportError('RequestTooLargeError', message), unsent: true };
  }
  if (signal.aborted) return outcomeOfAbort(host, signal.reason);

  const deadline = new Deadline(signal, options.timeoutMillis);
  try {
    return await perform(deadline);
  } catch (error) {
    return deadline.end === undefined ? outcomeOfThrown(error) : outcomeOfDeadline(deadline, options);
  } finally {
    deadline.dispose();
  }
}

/** @param connected see {@link outcomeOfTimeout} */
export function outcomeOfDeadline(
  deadline: Deadline,
  options: ResolvedTransportOptions,
  connected?: boolean,
): FlushOutcome {
  const { host } = options.url;
  return deadline.end === 'timed out'
    ? outcomeOfTimeout(host, options.timeoutMillis, connected)
    : outcomeOfAbort(host, deadline.reason);
}

/** After `shutdown`, nothing is sent; `retry` leaves it to the controller to count what is left. */
export function outcomeOfClosed(host: string): FlushOutcome {
  return {
    kind: 'retry',
    error: new OtlpTransportError('TransportClosedError', `nothing is sent to ${host} after shutdown`),
  };
}

/** A failure to get headers says nothing about the collector. */
function outcomeOfThrown(thrown: unknown): FlushOutcome {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return error.name === 'RequestHeadersError' ? { kind: 'retry', error, denied: true } : { kind: 'retry', error };
}
