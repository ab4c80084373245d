// A thread with a server that answers each request after some milliseconds. It reports its port, then the body of
// each request, and counts its answers in memory that other threads can read while they are blocked.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { parentPort, workerData } from 'node:worker_threads';

export interface AnsweringThreadData {
  readonly answersAfterMillis: number;
  /** One number: the answers that the kernel has taken. */
  readonly answers: Int32Array;
}

const { answersAfterMillis, answers } = workerData as AnsweringThreadData;

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
const tell = (what: unknown) => parentPort?.postMessage(what);

const server = createServer((request, response) => void answer(request, response));
server.listen(0, '127.0.0.1', () => tell((server.address() as AddressInfo).port));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  tell(await text(request));
  setTimeout(() => response.end(() => Atomics.add(answers, 0, 1)), answersAfterMillis);
}
