import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { defer, type Timer } from '@spillway/backpressure';
import type { Deadline } from './deadline.ts';
import type { HttpRoute } from './http-route.node.ts';
import { type BodyProblem, isSuccess } from './response-outcome.ts';

/** How an exchange ended. From then on, nothing reads the request's bytes. */
export type HttpExchangeResult =
  | {
      readonly kind: 'answered';
      readonly response: IncomingMessage;
      readonly body: Uint8Array;
      readonly bodyProblem: BodyProblem | undefined;
    }
  /** There was no answer that counts: the connection failed, or the deadline passed. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly connected: boolean };

const EMPTY = new Uint8Array(0);

/**
 * Writes one request and reads its answer.
 *
 * Everything ends with the request's `close` event. If the connection is kept alive, it comes when the request was
 * handed to the kernel and the answer has ended; otherwise when the socket's handle is closed. From then on, nothing
 * reads the chunks. The one exception is a request that is destroyed before it has a socket: it has written nothing and
 * never will.
 *
 * A server may answer before it has the whole body. A failure ends the exchange, because the rest is of no use. A
 * success also covers bytes that the server has not seen, so the rest is sent. If the connection ends before that, it
 * counts as no answer: at worst, the server gets a batch twice that it would otherwise never get. More than that, a
 * client cannot know: bytes that the kernel has taken count as sent.
 */
export async function exchange(
  route: Pick<HttpRoute, 'request' | 'options' | 'used' | 'isTooOld'>,
  headers: OutgoingHttpHeaders,
  chunks: readonly Uint8Array[],
  maxResponseBytes: number,
  deadline: Pick<Deadline, 'whenEnded'>,
): Promise<HttpExchangeResult> {
  return new Promise((resolve) => {
    let socket: Socket | undefined;
    let connected = false;
    let error: unknown;
    let response: IncomingMessage | undefined;
    const received: Buffer[] = [];
    let receivedBytes = 0;
    let bodyProblem: BodyProblem | undefined;
    let lastTurn: Timer | undefined;

    const request = route.request({ ...route.options, headers });

    request.once('socket', (assigned: Socket) => {
      socket = assigned;
      // In use as well as idle: telemetry does not keep the process alive, unless somebody awaits a drain.
      socket.unref();
      route.used(socket);
      if (socket.connecting) socket.once('connect', () => (connected = true));
      // If there is no route, the socket fails immediately, before this event.
      else connected = request.reusedSocket || !socket.destroyed;
    });
    request.on('error', (cause) => (error ??= cause));
    request.once('response', (incoming: IncomingMessage) => {
      response = incoming;
      incoming.on('data', (chunk: Buffer) => {
        receivedBytes += chunk.length;
        if (receivedBytes <= maxResponseBytes) received.push(chunk);
        else {
          bodyProblem = 'is above maxResponseBytes';
          request.destroy();
        }
      });
      // Only between requests can a connection be closed without harm. Node does so if the last request asks for it.
      if (socket !== undefined && request.writableFinished && route.isTooOld(socket)) request.shouldKeepAlive = false;
      incoming.on('end', () => {
        // Otherwise the connection would wait for the rest of the request.
        if (!request.writableFinished && !isSuccess(incoming.statusCode ?? 0)) request.destroy();
      });
    });
    request.once('close', finish);
    writeBody(request, chunks);
    deadline.whenEnded(() => {
      // If the event loop was blocked, the answer may be waiting in the socket, which is read in this turn. A request
      // without a connection would only get one in this turn to be cut off.
      if (connected) lastTurn = defer(() => request.destroy());
      else request.destroy();
      if (socket === undefined) finish();
    });

    function finish(): void {
      // By the end of the turn, the socket may have its next request.
      lastTurn?.cancel();
      // If the body is too large, the answer counts as a failure whatever its status, and this client cut the request
      // off.
      const isEarlySuccess =
        isSuccess(response?.statusCode ?? 0) && !request.writableFinished && bodyProblem === undefined;
      if (response === undefined || isEarlySuccess) {
        return resolve({ kind: 'failed', error, connected });
      }
      if (bodyProblem === undefined && !response.complete) bodyProblem = 'was cut off';
      const body = bodyProblem !== undefined || receivedBytes === 0 ? EMPTY : joined(received, receivedBytes);
      resolve({ kind: 'answered', response, body, bodyProblem });
    }
  });
}

/** Chunks are not copied: Node combines the writes of one turn into one writev. */
function writeBody(request: ClientRequest, chunks: readonly Uint8Array[]): void {
  const last = chunks.length - 1;
  for (let index = 0; index < last; index++) request.write(chunks[index]);
  request.end(chunks[last]);
}

function joined(chunks: readonly Buffer[], byteLength: number): Uint8Array {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, byteLength);
}
