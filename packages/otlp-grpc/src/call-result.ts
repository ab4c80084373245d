import { type Metadata, status } from '@grpc/grpc-js';
import type { FlushOutcome } from '@spillway/backpressure';
import type { ConnectionWatch } from './connection-watch.ts';
import { type GrpcAnswer, outcomeOfFailure, OtlpTransportError } from '@spillway/otlp/parts';

/** How a call ended, as grpc-js tells it: by the status of the collector, or by one that it made up. */
export interface CallResult {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata | undefined;
  /** The response, if the status is `OK`. */
  readonly message: Uint8Array | undefined;
  /** Whether the collector had begun to answer before the status. */
  readonly hasBegun: boolean;
  /** Of the headers with which the answer began. */
  readonly contentType?: string | undefined;
}

const EMPTY = new Uint8Array(0);

/** A proxy that answered in HTTP alone. */
const HTTP_STATUS = /^Received HTTP status code (\d{3})$/;

/** A response above the limit of this client. Servers say the same of requests, but before they begin to answer. */
const RESPONSE_TOO_LARGE = /^Received message (?:larger than max|that decompresses to a size larger than)/;

/** There is no status of the server although it had begun to answer. */
const BROKEN =
  /^(?:Connection dropped|Stream refused|Call cancelled|Cancelled on client|Bandwidth exhausted|Received RST_STREAM|read E|write E)/;

/** There was no connection for the call, although perhaps one of TCP. */
const NOT_CONNECTED = /^(?:No connection established|Name resolution failed)/;

/** The answer of the collector, or of a proxy on the way; `undefined` if there was none. */
export function answerOf(result: CallResult): GrpcAnswer | undefined {
  const { code, details, metadata, message, hasBegun } = result;
  const [statusDetails] = metadata?.get('grpc-status-details-bin') ?? [];
  const answer = {
    code,
    details,
    message: message ?? EMPTY,
    statusDetails: typeof statusDetails === 'string' ? undefined : statusDetails,
  };
  const httpStatus = HTTP_STATUS.exec(details)?.[1];
  if (httpStatus !== undefined) return { ...answer, httpStatus: Number(httpStatus) };
  // gRPC takes the page of a web server for a message, and makes up a status.
  if (isForeign(result)) return undefined;
  if (code === status.RESOURCE_EXHAUSTED && hasBegun && RESPONSE_TOO_LARGE.test(details))
    return { ...answer, code: status.OK, messageProblem: 'is above maxResponseBytes' };
  // A status in headers alone has at least a content type.
  const hasMetadata = metadata !== undefined && Object.keys(metadata.getMap()).length > 0;
  return code === status.OK || hasMetadata || (hasBegun && !BROKEN.test(details)) ? answer : undefined;
}

/** Whether the answer began as one of HTTP, but of no gRPC server. */
function isForeign({ contentType }: CallResult): boolean {
  return contentType !== undefined && !contentType.startsWith('application/grpc');
}

/** Whether the server says that it has not begun to process the call (REFUSED_STREAM, RFC 9113 8.7), or the call was not sent. */
export function wasNotProcessed({ details }: CallResult): boolean {
  return details === 'Stream refused by server' || details.startsWith('Failed to start HTTP/2 stream');
}

/** The outcome of a call without an answer. */
export function outcomeOfNoAnswer(
  result: CallResult,
  { tlsError, wasConnected }: Pick<ConnectionWatch, 'tlsError' | 'wasConnected'>,
  host: string,
): FlushOutcome {
  const { details, contentType } = result;
  if (tlsError !== undefined) return outcomeOfFailure({ error: tlsError, host, connected: true });
  if (isForeign(result)) {
    const message = `${host} did not answer in gRPC, but with ${contentType}: is it the port of another protocol?`;
    return { kind: 'retry', error: new OtlpTransportError('ConnectionError', message) };
  }
  const error = connectionError(details);
  if (error.message === 'Protocol error') {
    const message = `${host} did not answer in HTTP/2: is it the port of another protocol, such as OTLP/HTTP?`;
    return { kind: 'retry', error: new OtlpTransportError('ConnectionError', message) };
  }
  return outcomeOfFailure({ error, host, connected: wasConnected || !NOT_CONNECTED.test(details) });
}

/** "No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:4317. Resolution note: " */
function connectionError(details: string): Error {
  const [, last = details] = /Last error: (?:Error: )?(.*?)\. Resolution note: /s.exec(details) ?? [];
  const message = last.replace(/ \(\d{4}-[^)]*\)$/, '');
  const [code] = /\bE[A-Z_]{4,}\b/.exec(message) ?? [];
  return Object.assign(new Error(message), code !== undefined && { code });
}
