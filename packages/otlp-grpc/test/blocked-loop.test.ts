import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { send } from '../../otlp/test/transport/sending.ts';
import { createGrpcTransport } from '../src/index.ts';
import type { AnsweringThreadData } from './answering-thread.ts';

const REQUESTS = 8;
const TIMEOUT_MILLIS = 300;
const [CALLS, ANSWERS] = [0, 1];

async function startThread() {
  const counts = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  const workerData: AnsweringThreadData = { answersAfterMillis: 50, counts };
  const server = new Worker(fileURLToPath(new URL('answering-thread.ts', import.meta.url)), { workerData });
  onTestFinished(async () => void (await server.terminate()));
  const [port] = (await once(server, 'message')) as [number];
  return { url: `http://127.0.0.1:${port}`, counts };
}

/** Blocks this thread until all answers have come and the time is over. */
async function block(counts: Int32Array, answers: number, millis: number): Promise<void> {
  // In a turn after which timers come before sockets.
  await new Promise((resolve) => setImmediate(resolve));
  for (const end = performance.now() + millis; performance.now() < end || Atomics.load(counts, ANSWERS) < answers;);
  // The kernel has them a moment later.
  for (const end = performance.now() + 50; performance.now() < end;);
}

describe('a blocked event loop', () => {
  it.each(['abort', 'time out'])('ends no call over gRPC whose answer has come (%s)', async (end) => {
    const { url, counts } = await startThread();
    const transport = createGrpcTransport('traces', {
      url,
      timeoutMillis: end === 'abort' ? Infinity : TIMEOUT_MILLIS,
    });
    onTestFinished(async () => transport.shutdown());
    // gRPC is ready, so that all of them are sent at once.
    await send(transport);
    const controller = new AbortController();
    const sending = Array.from({ length: REQUESTS }, async () => send(transport, undefined, controller.signal));
    await vi.waitUntil(() => Atomics.load(counts, CALLS) === 1 + REQUESTS, { interval: 1 });
    if (end === 'abort') setTimeout(() => controller.abort(), 100);
    await block(counts, 1 + REQUESTS, end === 'abort' ? 200 : TIMEOUT_MILLIS);
    expect(await Promise.all(sending)).toEqual(sending.map(() => ({ kind: 'delivered' })));
  });
});
