import { beforeEach, describe, expect, it, vi } from 'vitest';
import { seededRandom } from '../../sampling/test/seeded-random.ts';
import type { FlushOutcome, FlushReport } from '../src/index.ts';
import { advance, now, resetClock, settle } from './fake-clock.ts';
import { setRandom } from './fake-random.ts';
import {
  delivered,
  HeldConsumer,
  type HeldFlush,
  numbers,
  retry,
  throttled,
  tooLarge,
  unreachable,
} from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
vi.mock('../src/random.ts', () => import('./fake-random.ts'));
beforeEach(() => {
  resetClock();
  setRandom();
});

type Config = Parameters<typeof lawfulController<number>>[1];
const POISON = 7;

/**
 * A consumer that fails at one item, whatever is sent with it, and a controller with items before and after that one.
 */
function poisoned(answerOf: (flush: HeldFlush<number>) => FlushOutcome | undefined, config: Config = {}) {
  const consumer = new HeldConsumer<number>();
  const reports: FlushReport[] = [];
  const arrived = new Set<number>();
  consumer.onFlush = (flush) => {
    const answer = flush.items.includes(POISON) ? answerOf(flush) : delivered;
    if (answer === delivered) for (const item of flush.items) arrived.add(item);
    if (answer !== undefined) void Promise.resolve().then(() => flush.answer(answer));
  };
  const controller = lawfulController(consumer.flush, {
    batchSize: 16,
    flushTimeoutMs: 1_000,
    onFlush: (report) => void reports.push(report),
    ...config,
  });
  for (const item of numbers(1, 100)) controller.tryPush(item);
  controller.start();
  let next = 1_000;
  /** Lets time pass while one item a second comes in. */
  const live = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      controller.tryPush((next += 1));
      await advance(1_000);
    }
  };
  const poisonFlushes = () => consumer.flushes.filter(({ items }) => items.includes(POISON));
  return { consumer, controller, arrived, reports, live, poisonFlushes, metrics: () => controller.getMetrics() };
}

const others = numbers(1, 100).filter((item) => item !== POISON);

const WAYS: readonly [string, (flush: HeldFlush<number>) => FlushOutcome | undefined][] = [
  ['resets the connection', () => retry],
  ['answers 503', () => throttled()],
  ['never answers', () => undefined],
];

describe.each(WAYS)('an item at which the consumer %s', (_, answerOf) => {
  it.each([1, 4])(
    'is found and given up as undeliverable, and all others are delivered, with %i flushes in flight',
    async (maxConcurrentFlushes) => {
      const { arrived, live, reports, metrics } = poisoned(answerOf, { maxConcurrentFlushes });
      await live(30);
      expect([...arrived]).toEqual(expect.arrayContaining(others));
      await live(60);
      expect(metrics().droppedByReason).toMatchObject({ undeliverable: 1, rejected: 0, expired: 0 });
      expect(metrics()).toMatchObject({ eventsFailed: 1, setAside: 0, circuit: 'closed' });
      expect(reports.filter(({ isUndeliverable }) => isUndeliverable)).toMatchObject([{ items: 1 }]);
    },
  );

  it('is sent only a few times, after longer and longer pauses', async () => {
    const { poisonFlushes, live } = poisoned(answerOf, { maxConcurrentFlushes: 4 });
    await live(60);
    expect(poisonFlushes().length).toBeLessThan(25);
    const alone = poisonFlushes().filter(({ items }) => items.length === 1);
    expect((alone.at(-1)?.at ?? 0) - (alone.at(-2)?.at ?? 0)).toBeGreaterThan(2_000);
  });

  it.each(['sample', 'drop_newest', 'block', 'drop_oldest'] as const)(
    'does not stop a full queue for good (%s)',
    async (strategy) => {
      const { live, metrics } = poisoned(answerOf, { strategy, maxBufferSize: 100 });
      await live(90);
      expect(metrics().droppedByReason.undeliverable).toBe(1);
      expect(metrics()).toMatchObject({ state: 'normal', inFlight: 0 });
    },
  );
});

describe('a batch that is set aside', () => {
  it('is held: it counts as queued and against the bounds, and has its own count in the metrics', async () => {
    const { live, metrics } = poisoned(() => retry);
    await live(8);
    expect(metrics()).toMatchObject({ setAside: 1, bufferSize: 1, inFlight: 0 });
    expect(metrics().bufferUtilization).toBeGreaterThan(0);
  });

  it('is handed over, too, before what is queued', async () => {
    const { controller, live, metrics } = poisoned(() => retry);
    await live(8);
    controller.stop();
    controller.tryPush(2_000);
    const taken: (readonly number[])[] = [];
    const count = controller.handOver((batch) => {
      taken.push([...batch]);
      return true;
    });
    expect([count, taken]).toEqual([2, [[POISON], [2_000]]]);
    expect(metrics()).toMatchObject({ setAside: 0, bufferSize: 0, eventsSpilled: 2 });
  });

  it('does not hold up the batches after it, nor open the circuit', async () => {
    const { consumer, live, metrics } = poisoned(() => retry, {
      circuitBreaker: { failureThreshold: 2 },
      maxConcurrentFlushes: 2,
    });
    await live(5);
    const before = consumer.flushes.length;
    const states: string[] = [];
    for (let second = 0; second < 20; second += 1) {
      await live(1);
      states.push(metrics().circuit);
    }
    expect(new Set(states)).toEqual(new Set(['closed']));
    expect(consumer.flushes.slice(before).filter(({ items }) => !items.includes(POISON))).toHaveLength(20);
  });

  it('is not given up while nothing else is delivered, because there is no evidence', async () => {
    const { metrics, poisonFlushes } = poisoned(() => retry);
    await advance(600_000);
    expect(metrics()).toMatchObject({ bufferSize: 1, setAside: 1, eventsFailed: 0, eventsFlushed: 99 });
    expect(poisonFlushes().length).toBeLessThan(250);
  });

  it('is sent like any other once the consumer no longer fails at it', async () => {
    let isMended = false;
    const { live, metrics } = poisoned(() => (isMended ? delivered : retry));
    await live(6);
    isMended = true;
    await live(6);
    expect(metrics()).toMatchObject({ bufferSize: 0, eventsFailed: 0 });
  });

  it('is given up as expired once it is too old', async () => {
    const { metrics } = poisoned(() => retry, { maxAgeMs: 4_000 });
    await advance(10_000);
    expect(metrics().droppedByReason).toMatchObject({ expired: 1, undeliverable: 0 });
    expect(metrics()).toMatchObject({ setAside: 0, bufferSize: 0 });
  });

  it('makes a flush call wait until its deadline, and everything else is sent before that', async () => {
    const { controller, arrived } = poisoned(() => retry);
    const flushed = controller.flush({ timeoutMs: 8_000 });
    await advance(7_999);
    expect([...arrived]).toEqual(expect.arrayContaining(others));
    await advance(1);
    expect(await flushed).toBe(false);
  });

  it('lets a flush call resolve as soon as it is delivered, in whatever halves, even if later items are still held', async () => {
    let isMended = false;
    const { consumer, controller, live, metrics } = poisoned(() => (isMended ? delivered : retry), {
      maxConcurrentFlushes: 4,
    });
    const { onFlush } = consumer;
    const later = 5_000;
    consumer.onFlush = (flush) => (flush.items.includes(later) ? undefined : onFlush?.(flush));
    let reached: boolean | undefined;
    void controller.flush({ timeoutMs: 60_000 }).then((result) => (reached = result));
    await live(1);
    controller.tryPush(later);
    await live(2);
    expect(reached).toBeUndefined();
    isMended = true;
    await live(5);
    expect(metrics().bufferSize + metrics().inFlight + metrics().setAside).toBeGreaterThan(0);
    expect(reached).toBe(true);
  });

  it.each([1, 4])(
    'counts as remaining after a drain, which sends everything else, and as given up by a close (%i in flight)',
    async (maxConcurrentFlushes) => {
      const { controller, metrics } = poisoned(() => retry, { maxConcurrentFlushes });
      const drained = controller.drain({ timeoutMs: 8_000 });
      await advance(8_000);
      expect(await drained).toMatchObject({ flushed: 99, failed: 0, remaining: 1 });
      const closed = controller.close({ timeoutMs: 10 });
      await advance(10);
      await closed;
      expect(metrics()).toMatchObject({ eventsEvicted: 1, bufferSize: 0, setAside: 0 });
    },
  );

  it('is handed over with the other batches', async () => {
    const { controller, live } = poisoned(() => retry);
    await live(8);
    const taken: number[] = [];
    expect(controller.handOver((batch) => taken.push(...batch) > 0)).toBe(1);
    expect(taken).toEqual([POISON]);
  });

  it('never grows beyond a share of the queue', async () => {
    const consumer = new HeldConsumer<number>();
    const random = seededRandom(3);
    consumer.onFlush = (flush) => void Promise.resolve().then(() => flush.answer(random() < 0.6 ? retry : delivered));
    const controller = lawfulController(consumer.flush, { batchSize: 10, maxBufferSize: 800, maxConcurrentFlushes: 8 });
    controller.start();
    let most = 0;
    for (let tick = 0; tick < 300; tick += 1) {
      for (let item = 0; item < 50; item += 1) controller.tryPush(item);
      await advance(100);
      most = Math.max(most, controller.getMetrics().setAside);
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(100);
  });
});

describe('a consumer that is down', () => {
  it.each([
    ['resets connections', retry],
    ['cannot be reached', unreachable],
    ['answers 503', throttled()],
  ])('loses nothing as undeliverable, however long it %s', async (_, failure) => {
    const consumer = new HeldConsumer<number>();
    consumer.automatic = delivered;
    const controller = lawfulController(consumer.flush, { batchSize: 10, maxConcurrentFlushes: 4 });
    controller.start();
    controller.tryPush(0);
    await advance(1_000);
    consumer.automatic = failure;
    for (const item of numbers(1, 200)) controller.tryPush(item);
    await advance(3_600_000);
    expect(controller.getMetrics()).toMatchObject({ eventsFailed: 0, circuit: 'open' });
    consumer.automatic = delivered;
    await advance(20_000);
    expect(controller.getMetrics()).toMatchObject({ eventsFlushed: 201, bufferSize: 0 });
  });

  it('is probed with a few items, and with different ones each time', async () => {
    const consumer = new HeldConsumer<number>();
    consumer.automatic = retry;
    const controller = lawfulController(consumer.flush, { batchSize: 50, maxBatchSize: 200, maxBufferSize: 1_000 });
    for (const item of numbers(1, 500)) controller.tryPush(item);
    controller.start();
    await advance(60_000);
    const probes = consumer.flushes.filter(({ at }) => at > 5_000).slice(0, 8);
    expect(probes).toHaveLength(8);
    for (const { items } of probes) expect(items.length).toBeLessThanOrEqual(4);
    expect(new Set(probes.flatMap(({ items }) => items)).size).toBe(probes.flatMap(({ items }) => items).length);
  });

  it('whose one backend of two is broken loses nothing as undeliverable, and everything arrives', async () => {
    const consumer = new HeldConsumer<number>();
    const random = seededRandom(1);
    consumer.onFlush = (flush) => void Promise.resolve().then(() => flush.answer(random() < 0.5 ? retry : delivered));
    const controller = lawfulController(consumer.flush, { batchSize: 50, maxConcurrentFlushes: 8 });
    controller.start();
    let offered = 0;
    for (let second = 0; second < 300; second += 1) {
      for (let item = 0; item < 100; item += 1) controller.tryPush((offered += 1));
      await advance(1_000);
    }
    await advance(60_000);
    expect(controller.getMetrics()).toMatchObject({ eventsFlushed: offered, eventsFailed: 0 });
  });

  it('for a second at a time, again and again, loses nothing as undeliverable', async () => {
    const consumer = new HeldConsumer<number>();
    consumer.onFlush = (flush) =>
      void Promise.resolve().then(() => flush.answer(Math.floor(now() / 1_000) % 2 === 0 ? retry : delivered));
    const controller = lawfulController(consumer.flush, { batchSize: 10, maxConcurrentFlushes: 4 });
    controller.start();
    for (let tick = 0; tick < 1_200; tick += 1) {
      for (let item = 0; item < 10; item += 1) controller.tryPush(item);
      await advance(100);
    }
    await advance(30_000);
    expect(controller.getMetrics()).toMatchObject({ eventsFlushed: 12_000, eventsFailed: 0 });
  });
});

describe('a consumer that rejects everything as too large', () => {
  const refusing = async () => {
    const consumer = new HeldConsumer<number>();
    const reports: FlushReport[] = [];
    consumer.automatic = tooLarge;
    const controller = lawfulController(consumer.flush, {
      batchSize: 16,
      maxConcurrentFlushes: 4,
      sizeOf: () => 100,
      onFlush: (report) => void reports.push(report),
    });
    controller.start();
    for (const item of numbers(1, 200)) controller.tryPush(item);
    await advance(60_000);
    return { consumer, controller, reports, metrics: () => controller.getMetrics() };
  };

  it('loses only a few items, and the others are kept', async () => {
    const { metrics } = await refusing();
    expect(metrics().droppedByReason.too_large).toBeLessThanOrEqual(4);
    expect(metrics().bufferSize + metrics().inFlight).toBeGreaterThanOrEqual(196);
    expect(metrics().circuit).toBe('open');
  });

  it('is probed with single items, no more often than one that is down', async () => {
    const { consumer } = await refusing();
    const probes = consumer.flushes.filter(({ at }) => at > 30_000);
    const pauses = probes.slice(1).map(({ at }, index) => at - (probes[index]?.at ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(500);
    for (const { items } of probes) expect(items).toHaveLength(1);
  });

  it('is reported as failing, with the reason', async () => {
    const { reports } = await refusing();
    expect(reports.at(-1)?.outcome).toMatchObject({
      kind: 'retry',
      error: { message: expect.stringContaining('rejects everything as too large') },
    });
  });

  it('gets everything in batches of the usual size once it takes them again', async () => {
    const { consumer, controller, metrics } = await refusing();
    consumer.automatic = delivered;
    await advance(10_000);
    expect(metrics()).toMatchObject({ bufferSize: 0, batchSize: 16 });
    for (const item of numbers(1, 16)) controller.tryPush(item);
    await settle();
    expect(consumer.last.items).toHaveLength(16);
  });
});
