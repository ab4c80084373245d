import type { FlushOutcome } from '@spillway/backpressure';
import { excerpt } from './excerpt.ts';
import { OtlpTransportError } from './transport-error.ts';

/** An attempt that ended without an answer. */
export interface TransportFailure {
  readonly error: unknown;
  /** The collector's host, for messages. */
  readonly host: string;
  /** Whether a connection was made; `undefined` if the platform does not tell. */
  readonly connected: boolean | undefined;
}

/** Codes of failures before there is a connection, in Node's net and dns, Node's fetch, and Bun. */
const NOT_CONNECTED: ReadonlySet<string> = new Set([
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
  'EAI_FAIL',
  'ECONNREFUSED',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'UND_ERR_CONNECT_TIMEOUT',
  'ConnectionRefused',
  'FailedToOpenSocket',
]);

/** OpenSSL's and Node's codes for invalid certificates and failed handshakes. */
export const TLS_CODE = /CERT|TLS|SSL|EPROTO|ISSUER|LEAF_SIGNATURE|HOSTNAME_MISMATCH|INVALID_CA|UNABLE_TO_GET_CRL/;

/**
 * The outcome of a failed connection is always `retry`, as OTLP requires. That includes an invalid certificate: it will
 * not heal soon, but it may (in the middle of a rotation), and until then the items are better kept than lost. It is
 * not
 * `unreachable`, so that it is reported unchanged, and not taken for a collector that has yet to start.
 */
export function outcomeOfFailure({ error, host, connected }: TransportFailure): FlushOutcome {
  const cause = deepestCause(error);
  const code = codeOf(cause);
  const unreachable = connected === undefined ? seemsUnreachable(cause, code) : !connected;
  const failure = new OtlpTransportError('ConnectionError', messageOf(cause, code, host, unreachable), { code });
  return unreachable ? { kind: 'retry', error: failure, unreachable } : { kind: 'retry', error: failure };
}

/** Whether an error means that no connection was made. For errors of foreign exporters. */
export function isUnreachable(error: unknown): boolean {
  return NOT_CONNECTED.has(codeOf(deepestCause(error)) ?? '');
}

/** @param connected whether there was a connection; without one, the collector was not slow but absent */
export function outcomeOfTimeout(host: string, timeoutMillis: number, connected: boolean | undefined): FlushOutcome {
  const error = new OtlpTransportError('TimeoutError', `${host} did not answer within ${timeoutMillis} ms`);
  return connected === false
    ? { kind: 'retry', error, timedOut: true, unreachable: true }
    : { kind: 'retry', error, timedOut: true };
}

/** @param reason the signal's; if it is an error, it says why */
export function outcomeOfAbort(host: string, reason?: unknown): FlushOutcome {
  const why = reason instanceof Error && reason.name !== 'AbortError' ? `: ${reason.message}` : '';
  return { kind: 'retry', error: new OtlpTransportError('AbortError', `the request to ${host} was aborted${why}`) };
}

function messageOf(error: unknown, code: string | undefined, host: string, unreachable: boolean): string {
  const suffix = code === undefined ? '' : ` (${code})`;
  if (isParseError(error, code)) {
    return `${host} did not answer in HTTP/1.1${suffix}: is it the port of another protocol, such as gRPC?`;
  }
  const what =
    code !== undefined && TLS_CODE.test(code)
      ? `TLS with ${host} failed`
      : unreachable
        ? `no connection to ${host}`
        : `the connection to ${host} broke`;
  return `${what}${suffix}: ${excerpt(textOf(error))}`;
}

/** Browsers give no reason, so an error without a code may be anything; usually the collector is not there. */
function seemsUnreachable(error: unknown, code: string | undefined): boolean {
  return code === undefined ? !isParseError(error, code) : NOT_CONNECTED.has(code);
}

/** Node's parser has a code; the parser of Node's fetch has a name. */
function isParseError(error: unknown, code: string | undefined): boolean {
  return code?.startsWith('HPE_') === true || (error instanceof Error && error.name === 'HTTPParserError');
}

/** Causes may be circular. */
const DEEPEST_CAUSE = 8;

/** Node's fetch says only "fetch failed"; its cause has the details. */
function deepestCause(error: unknown, depth = DEEPEST_CAUSE): unknown {
  return error instanceof Error && error.cause !== undefined && depth > 0
    ? deepestCause(error.cause, depth - 1)
    : error;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** If several addresses were tried, the error has no text of its own, but one error for each address. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message === '' && error instanceof AggregateError) return error.errors.map(textOf).join(', ');
  return error.message;
}
