import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { type FlushOutcome, wallTime } from '@spillway/backpressure';
// The parts of the real transport, from their sources.
import { LEAST_COMPRESSED_BYTES } from '../../../../otlp/src/transport/body-compression.ts';
import { COMPRESSORS } from '../../../../otlp/src/transport/compression.node.ts';
import { Credentials } from '../../../../otlp/src/transport/credentials.ts';
import { outcomeOfFailure, outcomeOfTimeout } from '../../../../otlp/src/transport/failure-outcome.ts';
import { type GrpcAnswer, outcomeOfGrpcAnswer } from '../../../../otlp/src/transport/grpc-outcome.ts';
import { GRPC_STATUS } from '../../../../otlp/src/transport/grpc-status.ts';
import { agentOptionsOf } from '../../../../otlp/src/transport/tls-material.node.ts';
import type { RequestHead } from '../shipping-frames.ts';
import { KnownAddresses } from './known-addresses.ts';
import { secretsIn } from './request-secrets.ts';
import { MAX_RESPONSE_BYTES, type SendingRoute } from './sending-route.ts';
import type { Stop } from './stop.ts';

/** A byte that says whether the message is compressed, and its length in four. */
const FRAME_HEAD_BYTES = 5;

/** What a proxy that answers in HTTP alone means (grpc v1.76, doc/http-grpc-status-mapping.md). */
const CODE_BY_HTTP_STATUS: Readonly<Record<number, number>> = {
  400: GRPC_STATUS.INTERNAL,
  401: GRPC_STATUS.UNAUTHENTICATED,
  403: GRPC_STATUS.PERMISSION_DENIED,
  404: GRPC_STATUS.UNIMPLEMENTED,
  429: GRPC_STATUS.UNAVAILABLE,
  502: GRPC_STATUS.UNAVAILABLE,
  503: GRPC_STATUS.UNAVAILABLE,
  504: GRPC_STATUS.UNAVAILABLE,
};

/** Makes single calls of gRPC, without the library of the transport, which takes too long to load. */
export class GrpcSendingRoute implements SendingRoute {
  readonly #request: RequestHead;
  readonly #url: URL;
  readonly #known: KnownAddresses;
  readonly #credentials = new Credentials(false);
  #session: ClientHttp2Session | undefined;
  #sessionError: Error | undefined;
  #isCompressed: boolean;

  constructor(request: RequestHead) {
    this.#request = request;
    this.#url = new URL(request.url);
    this.#known = new KnownAddresses(request.addresses);
    this.#isCompressed = request.compression === 'gzip';
  }

  async send(headers: RequestHead['headers'], body: Uint8Array, stop: Stop): Promise<FlushOutcome> {
    const isCompressed = this.#isCompressed && body.byteLength >= LEAST_COMPRESSED_BYTES;
    let result = await this.#call(headers, body, isCompressed, stop);
    if (isCompressed && 'code' in result && result.code === GRPC_STATUS.UNIMPLEMENTED) {
      result = await this.#call(headers, body, false, stop);
      if ('code' in result && result.code === GRPC_STATUS.OK) this.#isCompressed = false;
    }
    const outcome = this.#credentials.judge(
      'code' in result ? outcomeOfGrpcAnswer(result, { host: this.#url.host, maxRetryAfterMillis: Infinity }) : result,
    );
    if (outcome.error !== undefined)
      outcome.error.message = secretsIn({ ...this.#request, headers }).hide(outcome.error.message);
    return outcome;
  }

  /** @returns the answer, or the outcome if there was none */
  async #call(
    headers: RequestHead['headers'],
    body: Uint8Array,
    isCompressed: boolean,
    stop: Stop,
  ): Promise<GrpcAnswer | FlushOutcome> {
    const { host, pathname } = this.#url;
    const startedAt = wallTime();
    const message = isCompressed ? await COMPRESSORS.gzip?.({ chunks: [body], byteLength: body.byteLength }) : body;
    const session = this.#connected();
    const stream = session.request({
      ...headers,
      ':method': 'POST',
      ':path': pathname,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...(isCompressed && { 'grpc-encoding': 'gzip' }),
    });
    const takeBack = stop.whenStopped(() => session.destroy());
    const answer = await answerOf(stream, framed(message ?? body, isCompressed && message !== undefined));
    takeBack();
    if (answer !== undefined) return answer;

    const wasConnected = !session.connecting && this.#sessionError === undefined;
    this.#known.forget();
    if (stop.isOver) return outcomeOfTimeout(host, wallTime() - startedAt, wasConnected);
    const error = this.#sessionError ?? new Error('the connection closed before the request was sent and answered');
    return outcomeOfFailure({ error, host, connected: wasConnected });
  }

  #connected(): ClientHttp2Session {
    if (this.#session !== undefined && !this.#session.closed && !this.#session.destroyed) return this.#session;
    const { tls, socketPath } = this.#request;
    this.#sessionError = undefined;
    const session = connect(this.#url.origin, {
      ...(this.#url.protocol === 'https:' && agentOptionsOf(tls)),
      lookup: this.#known.lookup,
      ...(socketPath !== undefined && { createConnection: () => connectSocket(socketPath) }),
    });
    session.on('error', (error) => (this.#sessionError = error));
    this.#session = session;
    return session;
  }
}

/** @returns `undefined` if there was no answer */
async function answerOf(stream: ClientHttp2Stream, frame: Uint8Array): Promise<GrpcAnswer | undefined> {
  return new Promise((resolve) => {
    let headers: IncomingHttpHeaders = {};
    let httpStatus = 0;
    let receivedBytes = 0;
    const received: Buffer[] = [];
    stream.on('response', (response) => {
      headers = { ...headers, ...response };
      httpStatus = response[':status'] ?? 0;
    });
    stream.on('trailers', (trailers) => (headers = { ...headers, ...trailers }));
    stream.on('data', (chunk: Buffer) => {
      receivedBytes += chunk.length;
      if (receivedBytes <= MAX_RESPONSE_BYTES) received.push(chunk);
    });
    stream.on('error', () => {});
    stream.once('close', () => {
      const isTooLarge = receivedBytes > MAX_RESPONSE_BYTES;
      const message = isTooLarge ? new Uint8Array(0) : Buffer.concat(received).subarray(FRAME_HEAD_BYTES);
      const code = headers['grpc-status'];
      const statusDetails = headers['grpc-status-details-bin'];
      if (code === undefined && (httpStatus === 0 || httpStatus === 200)) return resolve(undefined);
      resolve({
        code: code === undefined ? (CODE_BY_HTTP_STATUS[httpStatus] ?? GRPC_STATUS.UNKNOWN) : Number(code),
        details: code === undefined ? `HTTP status ${httpStatus}` : decoded(String(headers['grpc-message'] ?? '')),
        statusDetails: statusDetails === undefined ? undefined : Buffer.from(String(statusDetails), 'base64'),
        message,
        ...(isTooLarge && { messageProblem: 'is above maxResponseBytes' as const }),
        ...(code === undefined && { httpStatus }),
      });
    });
    stream.end(frame);
  });
}

function framed(message: Uint8Array, isCompressed: boolean): Buffer {
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.writeUInt8(isCompressed ? 1 : 0);
  head.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([head, message]);
}

/** The message of a status is percent-encoded. */
function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
