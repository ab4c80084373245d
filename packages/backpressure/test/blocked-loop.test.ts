import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BackpressureControllerConfig, type FlushFunction, FlushTimeoutError } from '../src/index.ts';
import { lawfulController } from './lawful-controller.ts';

const ANSWERED_AFTER_MS = 20;
const DEADLINE_MS = 100;

/** Runs in its own thread, so that its answer arrives while this thread is blocked, and waits to be read. */
const CONSUMER = `
  const { parentPort, workerData: answers } = require('node:worker_threads');
  const answer = () => {
    parentPort.postMessage('answer');
    Atomics.add(answers, 0, 1);
  };
  parentPort.on('message', () => setTimeout(answer, ${ANSWERED_AFTER_MS}));
`;

/** Counts the answers of the consumer, even while this thread is blocked. */
const answers = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

let batches = 0;
let consumer: Worker;

beforeAll(async () => {
  consumer = new Worker(CONSUMER, { eval: true, workerData: answers });
  await once(consumer, 'online');
});

afterAll(async () => void (await consumer.terminate()));

/**
 * A controller with one flush in flight. The consumer answers it `soon`, or `never`: then it settles once it is
 * aborted.
 */
async function flushing(config: BackpressureControllerConfig<number>, answer: 'soon' | 'never' = 'soon') {
  const signals: AbortSignal[] = [];
  let started = (): void => {};
  const hasStarted = new Promise<void>((resolve) => (started = resolve));
  const flush: FlushFunction<number> = async (_items, { signal }) => {
    signals.push(signal);
    if (answer === 'soon') {
      batches += 1;
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
      consumer.postMessage('batch');
    }
    started();
    await (answer === 'soon' ? once(consumer, 'message') : once(signal, 'abort'));
    return { kind: 'delivered' };
  };
  const controller = lawfulController(flush, { batchSize: 1, ...config });
  controller.start();
  controller.tryPush(1);
  await hasStarted;
  return { controller, signals };
}

/**
 * Blocks the event loop for that long, and until all batches are answered: a busy machine may run the consumer late. It
 * blocks for 10 s at most, because no limit of the test could end it.
 */
function block(milliseconds: number): void {
  const start = performance.now();
  const isOver = (limit: number): boolean => performance.now() - start >= limit;
  while (!isOver(milliseconds) || (Atomics.load(answers, 0) < batches && !isOver(10_000)));
}

// Once the loop goes on, timers run before sockets and ports are read.
describe('an answer that came while the event loop was blocked, and is unread when a deadline passes', () => {
  it('settles its flush, and the flush is not aborted', async () => {
    const { controller, signals } = await flushing({ flushTimeoutMs: DEADLINE_MS });
    block(2 * DEADLINE_MS);
    await controller.flush();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    expect(controller.getMetrics()).toMatchObject({ eventsFlushed: 1, eventsRetried: 0 });
  });

  it('is counted by the close that waits for it', async () => {
    const { controller } = await flushing({});
    const closing = controller.close({ timeoutMs: DEADLINE_MS });
    block(2 * DEADLINE_MS);
    expect(await closing).toEqual({ flushed: 1, failed: 0, remaining: 0 });
    expect(controller.getMetrics().droppedByReason.drain_timeout).toBe(0);
  });

  it('makes room for a push that waits for it', async () => {
    const { controller } = await flushing({ strategy: 'block', maxBufferSize: 1, maxBlockTimeMs: DEADLINE_MS });
    const pushing = controller.push(2);
    block(2 * DEADLINE_MS);
    expect(await pushing).toBe(true);
    await controller.close();
    expect(controller.getMetrics()).toMatchObject({ eventsFlushed: 2, eventsDropped: 0 });
  });
});

describe('a flush that is not answered while the event loop is blocked', () => {
  it('is aborted once the loop goes on', async () => {
    const { signals } = await flushing({ flushTimeoutMs: DEADLINE_MS }, 'never');
    block(2 * DEADLINE_MS);
    await once(signals[0]!, 'abort');
    expect(signals[0]?.reason).toBeInstanceOf(FlushTimeoutError);
  });
});
