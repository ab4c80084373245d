import type { FlushOutcome } from '@spillway/backpressure';
import { excerpt } from './excerpt.ts';
import { OtlpTransportError } from './transport-error.ts';

/** An attempt that ended without an answer. */
export interface TransportFailure {
  readonly error: unknown;
  /** The collector's host, for messages. */
  readonly host: string;
  /** Whether a connection to it was made; `undefined` where the platform does not tell. */
  readonly connected: boolean | undefined;
}

/** Codes of failures before there is a connection: of Node's net and dns, of its fetch, of Bun. */
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

/** OpenSSL's and Node's codes for certificates that do not pass, and for handshakes that fail. */
const TLS_CODE = /CERT|TLS|SSL|EPROTO|ISSUER|LEAF_SIGNATURE|HOSTNAME_MISMATCH|INVALID_CA|UNABLE_TO_GET_CRL/;

/**
 * What a failed connection means: always `retry`, as OTLP asks. Also for a certificate that does not pass: it will not
 * heal soon, but it may (a rotation half done), and until then the items are better kept than lost. It is not
 * `unreachable`, so that it is reported as it stands and not taken for a collector that is yet to start.
 */
export function outcomeOfFailure({ error, host, connected }: TransportFailure): FlushOutcome {
  const cause = deepestCause(error);
  const code = codeOf(cause);
  const unreachable = connected === undefined ? seemsUnreachable(cause, code) : !connected;
  const failure = new OtlpTransportError('ConnectionError', messageOf(cause, code, host, unreachable), { code });
  return unreachable ? { kind: 'retry', error: failure, unreachable } : { kind: 'retry', error: failure };
}

/** Whether a failure says that nobody was there: no connection was made. For errors of exporters that are not ours. */
export function isUnreachable(error: unknown): boolean {
  return NOT_CONNECTED.has(codeOf(deepestCause(error)) ?? '');
}

/** @param connected whether there was a connection; without one the collector was not slow, it was not there */
export function outcomeOfTimeout(host: string, timeoutMillis: number, connected: boolean | undefined): FlushOutcome {
  const error = new OtlpTransportError('TimeoutError', `${host} did not answer within ${timeoutMillis} ms`);
  return connected === false
    ? { kind: 'retry', error, timedOut: true, unreachable: true }
    : { kind: 'retry', error, timedOut: true };
}

/** @param reason the signal's, which says why where it is an error */
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

/** Browsers say nothing of why, so an error without a code may be anything; most often the collector is not there. */
function seemsUnreachable(error: unknown, code: string | undefined): boolean {
  return code === undefined ? !isParseError(error, code) : NOT_CONNECTED.has(code);
}

/** Of Node's parser by its code, of that in Node's fetch by its name. */
function isParseError(error: unknown, code: string | undefined): boolean {
  return code?.startsWith('HPE_') === true || (error instanceof Error && error.name === 'HTTPParserError');
}

/** Causes may lead in a circle. */
const DEEPEST_CAUSE = 8;

/** Node's fetch says "fetch failed", and its cause says the rest. */
function deepestCause(error: unknown, depth = DEEPEST_CAUSE): unknown {
  return error instanceof Error && error.cause !== undefined && depth > 0 ? deepestCause(error.cause, depth - 1) : error;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Where several addresses were tried, the error has no text, but one error each. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message === '' && error instanceof AggregateError) return error.errors.map(textOf).join(', ');
  return error.message;
}
