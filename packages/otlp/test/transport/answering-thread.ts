// A thread with a server that answers each request after `workerData` milliseconds. Reports its port, and then the body
// of each request.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { parentPort, workerData } from 'node:worker_threads';

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const tell = (what: unknown) => parentPort?.postMessage(what);

const server = createServer((request, response) => void answer(request, response));
server.listen(0, '127.0.0.1', () => tell((server.address() as AddressInfo).port));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  tell(await text(request));
  setTimeout(() => response.end(), workerData as number);
}
