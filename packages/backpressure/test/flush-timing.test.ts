import { beforeEach, describe, expect, it, vi } from 'vitest';
import { advance, now, resetClock, runningTimers, settle } from './fake-clock.ts';
import { delivered, HeldConsumer, numbers, retry, throttled, unreachable } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
beforeEach(resetClock);

function flushing(config: Parameters<typeof lawfulController<number>>[1] = {}) {
  const consumer = new HeldConsumer<number>();
  const controller = lawfulController(consumer.flush, { batchSize: 10, ...config });
  const fill = (count: number): void => {
    for (const item of numbers(1, count)) controller.tryPush(item);
  };
  return { consumer, controller, fill, metrics: () => controller.getMetrics() };
}

describe('a full batch', () => {
  it('leaves immediately, without a timer', async () => {
    const { consumer, controller, fill } = flushing();
    controller.start();
    fill(10);
    await settle();
    expect(consumer.batches).toEqual([numbers(1, 10)]);
    expect(consumer.last.at).toBe(0);
  });

  it('does not leave inside the push that filled it', () => {
    const { consumer, controller, fill } = flushing();
    controller.start();
    fill(10);
    expect(consumer.flushes).toHaveLength(0);
  });

  it('leaves as soon as the previous flush has settled, so there is no limit of 1 000 items a second', async () => {
    const { consumer, controller, metrics } = flushing({ batchSize: 100 });
    consumer.onFlush = (flush) => void Promise.resolve().then(() => flush.answer());
    controller.start();
    // 10 000 items within 100 ms, with the published defaults: 100 per 100 ms would carry 100 of them.
    for (let elapsed = 0; elapsed < 100; elapsed += 1) {
      for (const item of numbers(1, 100)) controller.tryPush(item);
      await advance(1);
    }
    expect(metrics()).toMatchObject({ eventsFlushed: 10_000, eventsDropped: 0 });
  });

  it('is the size into which a backlog is split', async () => {
    const { consumer, controller, fill } = flushing();
    consumer.automatic = { kind: 'delivered' };
    fill(35);
    controller.start();
    await settle();
    expect(consumer.batches.map(({ length }) => length)).toEqual([10, 10, 10]);
    await advance(100);
    expect(consumer.batches.flat()).toEqual(numbers(1, 35));
  });
});

describe('a batch that is not full', () => {
  it('waits for the interval, from the first item, to the millisecond', async () => {
    const { consumer, controller, fill } = flushing({ minFlushIntervalMs: 250 });
    controller.start();
    await advance(77);
    fill(3);
    await advance(200);
    fill(3);
    await advance(49);
    expect(consumer.flushes).toHaveLength(0);
    await advance(1);
    expect(consumer.last).toMatchObject({ at: 327, items: [1, 2, 3, 1, 2, 3] });
  });

  it('has at most one timer: a backoff that ends before the interval replaces it', async () => {
    const { consumer, controller, fill } = flushing({ maxConcurrentFlushes: 2, retry: { initialBackoffMs: 20 } });
    controller.start();
    fill(13);
    await advance(10);
    consumer.last.answer(retry);
    await settle();
    expect(runningTimers()).toBe(1);
    await advance(90);
    expect(consumer.last).toMatchObject({ items: numbers(1, 10) });
    expect(consumer.flushes).toHaveLength(2);
  });

  it('leaves within a turn if the interval is 0', async () => {
    const { consumer, controller, fill } = flushing({ minFlushIntervalMs: 0 });
    controller.start();
    fill(1);
    await settle();
    expect(consumer.flushes).toHaveLength(1);
  });

  it('is never empty', async () => {
    const { consumer, controller } = flushing();
    controller.start();
    await advance(100_000);
    expect(consumer.flushes).toHaveLength(0);
    expect(runningTimers()).toBe(0);
  });
});

describe('the interval', () => {
  /** Flushes once with a latency. */
  const flushIn = async ({ consumer, controller }: ReturnType<typeof flushing>, latencyMs: number): Promise<void> => {
    controller.tryPush(1);
    await advance(controller.getMetrics().flushIntervalMs);
    await advance(latencyMs);
    consumer.last.answer();
    await settle();
  };

  it('grows by 1.5 after a flush slower than 1.5 of the target, up to the maximum', async () => {
    const subject = flushing({ maxFlushIntervalMs: 300, targetLatencyMs: 500 });
    subject.controller.start();
    await flushIn(subject, 750);
    expect(subject.metrics()).toMatchObject({ flushIntervalMs: 100, lastFlushLatencyMs: 750 });
    const seen: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      await flushIn(subject, 751);
      seen.push(subject.metrics().flushIntervalMs);
    }
    expect(seen).toEqual([150, 225, 300, 300]);
  });

  it('shrinks by 0.8 after a flush faster than half of the target, down to the minimum', async () => {
    const subject = flushing({ maxFlushIntervalMs: 300, targetLatencyMs: 500 });
    subject.controller.start();
    for (let round = 0; round < 3; round += 1) await flushIn(subject, 751);
    await flushIn(subject, 250);
    expect(subject.metrics().flushIntervalMs).toBe(300);
    const seen: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      await flushIn(subject, 249);
      seen.push(Math.round(subject.metrics().flushIntervalMs));
    }
    expect(seen).toEqual([240, 192, 154, 123, 100, 100]);
  });

  it('also grows from a minimum of 0', async () => {
    const subject = flushing({ minFlushIntervalMs: 0, targetLatencyMs: 10 });
    subject.controller.start();
    await flushIn(subject, 100);
    await flushIn(subject, 100);
    expect(subject.metrics().flushIntervalMs).toBe(2.25);
  });

  it('is how long the next batch waits', async () => {
    const subject = flushing({ targetLatencyMs: 10 });
    subject.controller.start();
    await flushIn(subject, 100);
    subject.controller.tryPush(2);
    const at = now();
    await advance(1_000);
    expect(subject.consumer.last.at).toBe(at + 150);
  });
});

describe('the batch size', () => {
  it('grows to maxBatchSize under a backlog, and shrinks back when items come slowly', async () => {
    const { consumer, controller, fill, metrics } = flushing({
      maxBatchSize: 45,
      minFlushIntervalMs: 1_001,
      maxFlushIntervalMs: 1_001,
    });
    consumer.onFlush = (flush) => void Promise.resolve().then(() => flush.answer());
    fill(300);
    controller.start();
    await advance(1_000);
    const sizes = consumer.batches.map(({ length }) => length);
    expect(sizes.slice(0, 5)).toEqual([10, 20, 40, 45, 45]);
    expect(metrics()).toMatchObject({ batchSize: 45, eventsFlushed: 295 });
    await advance(1_000);
    expect(metrics()).toMatchObject({ batchSize: 22, eventsFlushed: 300 });
    for (const expected of [11, 10, 10]) {
      fill(3);
      await advance(2_000);
      expect(metrics().batchSize).toBe(expected);
    }
  });

  it('grows while batches would leave more than five times a second, and waits for the larger ones to fill', async () => {
    const { consumer, controller, fill } = flushing({ maxBatchSize: 1_000 });
    consumer.automatic = { kind: 'delivered' };
    controller.start();
    for (let step = 0; step < 60; step += 1) {
      fill(10);
      await advance(50);
    }
    const sizes = consumer.batches.map(({ length }) => length);
    expect(sizes.slice(0, 4)).toEqual([10, 10, 20, 20]);
    expect(sizes.at(-1)).toBe(20);
  });

  it.each([
    ['throttled', throttled()],
    ['timed out', { kind: 'retry', error: new Error('late'), timedOut: true }],
    ['reset', retry],
  ] as const)(
    'shrinks again if larger flushes are %s, so that all items are delivered in smaller ones',
    async (_, outcome) => {
      const { consumer, controller, fill, metrics } = flushing({ maxBatchSize: 80 });
      consumer.onFlush = (flush) =>
        void Promise.resolve().then(() => flush.answer(flush.items.length <= 15 ? delivered : outcome));
      fill(300);
      controller.start();
      await advance(120_000);
      expect(metrics()).toMatchObject({ bufferSize: 0, inFlight: 0, eventsFlushed: 300 });
    },
  );

  it('grows again once a flush is delivered after one that failed', async () => {
    const { consumer, controller, fill, metrics } = flushing({ maxBatchSize: 80 });
    fill(300);
    controller.start();
    await settle();
    consumer.automatic = delivered;
    consumer.last.answer(retry);
    await advance(200);
    expect(metrics()).toMatchObject({ batchSize: 80, eventsFlushed: 300 });
  });

  it('stays the same while the consumer cannot be reached, because the size cannot be the reason', async () => {
    const { consumer, controller, fill, metrics } = flushing({ maxBatchSize: 80 });
    consumer.automatic = { kind: 'delivered' };
    controller.start();
    fill(400);
    await advance(1_000);
    expect(metrics().batchSize).toBe(80);
    consumer.automatic = unreachable;
    fill(400);
    await advance(400);
    expect(metrics()).toMatchObject({ batchSize: 80, eventsFlushed: 400 });
  });

  it('grows for a backlog only if no further flush may carry it', async () => {
    const { consumer, controller, fill } = flushing({ maxBatchSize: 80, maxConcurrentFlushes: 2 });
    fill(300);
    controller.start();
    await settle();
    expect(consumer.batches.map(({ length }) => length)).toEqual([10, 10]);
  });

  it.each([
    [30, 10],
    [31, 20],
  ])('grows if more than two batches are left behind: with %d items queued, to %d', async (queued, batchSize) => {
    const { controller, fill, metrics } = flushing({ maxBatchSize: 80 });
    fill(queued);
    controller.start();
    await settle();
    expect(metrics()).toMatchObject({ inFlight: 10, batchSize });
  });

  it('stays the same while batches leave neither quickly nor slowly, or a whole one is left behind', async () => {
    const { consumer, controller, fill, metrics } = flushing({ maxBatchSize: 40, minFlushIntervalMs: 500 });
    consumer.automatic = delivered;
    controller.start();
    fill(200);
    await advance(500);
    expect(metrics()).toMatchObject({ batchSize: 40, bufferSize: 0 });
    for (let round = 0; round < 4; round += 1) {
      fill(3);
      await advance(500);
      expect(metrics().batchSize).toBe(40);
    }
    consumer.automatic = undefined;
    fill(120);
    await advance(2_000);
    consumer.last.answer();
    await settle();
    expect(metrics()).toMatchObject({ inFlight: 40, bufferSize: 40, batchSize: 40 });
  });

  it('is halved once by flushes that fail together', async () => {
    const { consumer, controller, fill, metrics } = flushing({ maxBatchSize: 160, maxConcurrentFlushes: 4 });
    fill(300);
    controller.start();
    await advance(1);
    const { batchSize } = metrics();
    for (const flush of consumer.open) flush.answer(retry);
    await settle();
    expect(consumer.flushes).toHaveLength(4);
    expect(metrics().batchSize).toBe(batchSize / 2);
  });

  it('stays the same unless more is allowed', async () => {
    const { consumer, controller, fill } = flushing();
    consumer.automatic = { kind: 'delivered' };
    fill(300);
    controller.start();
    await advance(1_000);
    expect(Math.max(...consumer.batches.map(({ length }) => length))).toBe(10);
  });
});

describe('the number of flushes in flight', () => {
  it('is at most 1 unless more is allowed, whatever is queued', async () => {
    const { consumer, controller, fill, metrics } = flushing();
    controller.start();
    fill(100);
    await advance(10_000);
    expect(consumer.open).toHaveLength(1);
    expect(metrics()).toMatchObject({ inFlight: 10, flushesInFlight: 1, concurrency: 1 });
  });

  it('grows if more is allowed, and never beyond that', async () => {
    const { consumer, controller, metrics } = flushing({ maxConcurrentFlushes: 4 });
    controller.start();
    let most = 0;
    for (let round = 0; round < 200; round += 1) {
      for (const item of numbers(1, 50)) controller.tryPush(item);
      await advance(20);
      most = Math.max(most, consumer.open.length);
      for (const flush of consumer.open) flush.answer();
      await settle();
    }
    expect(most).toBe(4);
    expect(metrics().concurrency).toBeGreaterThan(1);
  });

  /** Eight in flight, because the first four all succeeded. */
  const eightInFlight = async () => {
    const subject = flushing({ batchSize: 1, maxConcurrentFlushes: 64, flushTimeoutMs: 5_000 });
    subject.controller.start();
    subject.fill(100);
    await advance(50);
    for (const flush of subject.consumer.open) flush.answer();
    await advance(50);
    expect(subject.consumer.open).toHaveLength(8);
    return subject;
  };

  it.each([
    ['throttled', throttled(), 5],
    ['reset', retry, 5],
    ['not answered in time', { kind: 'retry', error: new Error('late'), timedOut: true }, 4],
  ] as const)('falls when a flush is %s', async (_, outcome, concurrency) => {
    const { consumer, metrics } = await eightInFlight();
    consumer.last.answer(outcome);
    await settle();
    expect(metrics().concurrency).toBe(concurrency);
  });

  it('falls when a flush heeds its signal after flushTimeoutMs', async () => {
    const { consumer, metrics } = await eightInFlight();
    const { last } = consumer;
    last.signal.addEventListener('abort', () => last.fail(last.signal.reason));
    await advance(5_000);
    expect(metrics().concurrency).toBe(4);
  });

  it('falls only as far as for throttling if the flush was throttled after flushTimeoutMs', async () => {
    const { consumer, metrics } = await eightInFlight();
    const { last } = consumer;
    last.signal.addEventListener('abort', () => last.answer(throttled()));
    await advance(5_000);
    expect(metrics().concurrency).toBe(5);
  });
});

describe('start and stop', () => {
  it('make flushes begin only after start, and with the items that were pushed before', async () => {
    const { consumer, controller, fill } = flushing();
    fill(25);
    await advance(100_000);
    expect(consumer.flushes).toHaveLength(0);
    controller.start();
    await settle();
    expect(consumer.last.items).toEqual(numbers(1, 10));
  });

  it('make no flush start after stop, and the one in flight still settles', async () => {
    const { consumer, controller, fill, metrics } = flushing();
    controller.start();
    fill(25);
    await settle();
    controller.stop();
    consumer.last.answer();
    await advance(100_000);
    expect(consumer.flushes).toHaveLength(1);
    expect(metrics()).toMatchObject({ eventsFlushed: 10, bufferSize: 15 });
    controller.start();
    await settle();
    expect(consumer.flushes).toHaveLength(2);
  });

  it('send a partial batch after a stop and a start, even though its timer was stopped', async () => {
    const { consumer, controller, fill } = flushing();
    controller.start();
    fill(3);
    await advance(50);
    controller.stop();
    expect(runningTimers()).toBe(0);
    await advance(10_000);
    expect(consumer.flushes).toHaveLength(0);
    controller.start();
    await advance(100);
    expect(consumer.batches).toEqual([[1, 2, 3]]);
  });

  it.each([
    ['stop, start', ['stop', 'start']],
    ['stop, start, stop, start', ['stop', 'start', 'stop', 'start']],
    ['start, start', ['start', 'start']],
    ['stop, stop, start', ['stop', 'stop', 'start']],
  ] as const)('leave one loop after %s while a flush is out', async (_, calls) => {
    const { consumer, controller, fill } = flushing();
    controller.start();
    fill(100);
    await settle();
    for (const call of calls) {
      controller[call]();
      await settle();
    }
    expect(consumer.flushes).toHaveLength(1);
    for (let round = 2; round <= 5; round += 1) {
      consumer.last.answer();
      await settle();
      expect(consumer.open).toHaveLength(1);
      expect(consumer.flushes).toHaveLength(round);
    }
  });

  it('let items in, within the bounds, while the controller is stopped', () => {
    const { controller, fill, metrics } = flushing({ maxBufferSize: 20 });
    controller.start();
    controller.stop();
    fill(30);
    expect(metrics()).toMatchObject({ bufferSize: 20, eventsEvicted: 10 });
  });
});
