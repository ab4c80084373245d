import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { defer, type Timer } from '@spillway/backpressure';
import type { Deadline } from './deadline.ts';
import type { HttpRoute } from './http-route.node.ts';
import { type BodyProblem, isSuccess } from './response-outcome.ts';

/** How an exchange ended, when it no longer reads the request's bytes. */
export type HttpExchangeResult =
  | {
      readonly kind: 'answered';
      readonly response: IncomingMessage;
      readonly body: Uint8Array;
      readonly bodyProblem: BodyProblem | undefined;
    }
  /** No answer that counts: the connection failed, or the deadline came. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly connected: boolean };

const EMPTY = new Uint8Array(0);

/**
 * Writes one request and reads its answer.
 *
 * Everything ends in the request's `close`: on a connection that is kept it comes when the request was handed to the kernel and
 * the answer has ended, on any other when the socket's handle is closed. From then on nothing reads the chunks. The one
 * exception is a request that has no socket yet when it is destroyed. It has written nothing and never will.
 *
 * A server may answer before it has the whole body. A failure ends the exchange there, since the rest is of no use. A success
 * speaks of what the server has not seen, so the rest is sent; where the connection ends before it is, there was no answer:
 * at worst the server gets twice what it would otherwise never get. Beyond that a client cannot know: what the kernel has
 * taken counts as sent.
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
      // In use as well as idle: telemetry does not hold the process; who waits for a drain does.
      socket.unref();
      route.used(socket);
      if (socket.connecting) socket.once('connect', () => (connected = true));
      // Where there is no route, that is known at once, before this event.
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
      // Between requests, and only there, a connection can be closed without harm. Node does so after a request that says so.
      if (socket !== undefined && request.writableFinished && route.isTooOld(socket)) request.shouldKeepAlive = false;
      incoming.on('end', () => {
        // The connection would wait for the rest.
        if (!request.writableFinished && !isSuccess(incoming.statusCode ?? 0)) request.destroy();
      });
    });
    request.once('close', finish);
    writeBody(request, chunks);
    deadline.whenEnded(() => {
      // Where the loop was blocked, the answer may lie in the socket, which is read in this turn. What has no connection yet
      // would get it in this turn as well, only to be cut.
      if (connected) lastTurn = defer(() => request.destroy());
      else request.destroy();
      if (socket === undefined) finish();
    });

    function finish(): void {
      // The socket may have its next request by then.
      lastTurn?.cancel();
      // Above the limit, the answer counts as a failure whatever its status is, and it was this client that cut the request off.
      const isEarlySuccess = isSuccess(response?.statusCode ?? 0) && !request.writableFinished && bodyProblem === undefined;
      if (response === undefined || isEarlySuccess) {
        return resolve({ kind: 'failed', error, connected });
      }
      if (bodyProblem === undefined && !response.complete) bodyProblem = 'was cut off';
      const body = bodyProblem !== undefined || receivedBytes === 0 ? EMPTY : joined(received, receivedBytes);
      resolve({ kind: 'answered', response, body, bodyProblem });
    }
  });
}

/** Chunks are not copied: Node gathers what is written in one turn into one writev. */
function writeBody(request: ClientRequest, chunks: readonly Uint8Array[]): void {
  const last = chunks.length - 1;
  for (let index = 0; index < last; index++) request.write(chunks[index]);
  request.end(chunks[last]);
}

function joined(chunks: readonly Buffer[], byteLength: number): Uint8Array {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, byteLength);
}
