import type { FlushOutcome } from '@spillway/backpressure';
import { Deadline } from './deadline.ts';
import { outcomeOfAbort, outcomeOfTimeout } from './failure-outcome.ts';
import type { OtlpRequestBody } from './request-body.ts';
import { OtlpTransportError } from './transport-error.ts';
import type { ResolvedTransportOptions } from './transport-options.ts';

/** The options that every transport's attempt depends on. */
export interface AttemptOptions extends Pick<ResolvedTransportOptions, 'maxRequestBytes' | 'timeoutMillis'> {
  /** Host and port of the collector, for messages. */
  readonly url: Pick<URL, 'host'>;
}

/**
 * The common part of every transport's attempt: it refuses requests that must not be sent, sets the deadline, and never
 * rejects.
 * @param perform sends the request; it must not settle before the body's bytes are free, even after the deadline
 */
export async function attempt(
  options: AttemptOptions,
  body: OtlpRequestBody,
  signal: AbortSignal,
  perform: (deadline: Deadline) => Promise<FlushOutcome>,
): Promise<FlushOutcome> {
  if (body.byteLength > options.maxRequestBytes) return outcomeOfTooLarge(body, options);
  if (signal.aborted) return outcomeOfAbort(options.url.host, signal.reason);

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
export function outcomeOfDeadline(deadline: Deadline, options: AttemptOptions, connected?: boolean): FlushOutcome {
  const { host } = options.url;
  return deadline.end === 'timed out'
    ? outcomeOfTimeout(host, options.timeoutMillis, connected)
    : outcomeOfAbort(host, deadline.reason);
}

/** A request above `maxRequestBytes` is not sent. */
export function outcomeOfTooLarge(
  { byteLength }: OtlpRequestBody,
  { maxRequestBytes }: Pick<AttemptOptions, 'maxRequestBytes'>,
): FlushOutcome {
  const message = `a request of ${byteLength} bytes is above maxRequestBytes (${maxRequestBytes})`;
  return { kind: 'too_large', error: new OtlpTransportError('RequestTooLargeError', message), unsent: true };
}

/** After `shutdown`, nothing is sent; `retry` leaves it to the controller to count what is left. */
export function outcomeOfClosed(host: string): FlushOutcome {
  return {
    kind: 'retry',
    error: new OtlpTransportError('TransportClosedError', `nothing is sent to ${host} after shutdown`),
  };
}

/** A failure to get headers, or to load code, says nothing about the collector. */
function outcomeOfThrown(thrown: unknown): FlushOutcome {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  switch (error.name) {
    case 'RequestHeadersError':
      return { kind: 'retry', error, denied: true };
    case 'TransportNotLoadedError':
      return { kind: 'retry', error, unreachable: true };
    case 'RequestEncodingError':
      return { kind: 'refused', error };
    default:
      return { kind: 'retry', error };
  }
}
