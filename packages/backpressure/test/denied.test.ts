import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Destination } from '../src/index.ts';
import { advance, resetClock, settle } from './fake-clock.ts';
import { setRandom } from './fake-random.ts';
import { denied, HeldConsumer, numbers, retry, unreachable } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
vi.mock('../src/random.ts', () => import('./fake-random.ts'));
beforeEach(() => {
  resetClock();
  setRandom();
});

type Config = NonNullable<Parameters<typeof lawfulController<number>>[1]>;

/** A started controller whose consumer has answered once, with nothing queued. */
async function answeredOnce(config: Config = {}) {
  const consumer = new HeldConsumer<number>();
  const controller = lawfulController(consumer.flush, { batchSize: 1, ...config });
  controller.start();
  controller.tryPush(0);
  const flushed = controller.flush();
  await settle();
  consumer.last.answer();
  await flushed;
  await settle();
  consumer.flushes.length = 0;
  return { consumer, controller };
}

const startsOf = (consumer: HeldConsumer<number>): number[] => consumer.flushes.map(({ at }) => at);
const pausesOf = (consumer: HeldConsumer<number>): number[] =>
  startsOf(consumer)
    .slice(1)
    .map((at, index) => at - (startsOf(consumer)[index] ?? 0));

describe('a batch that is denied', () => {
  it('is sent again immediately, because there may be other credentials', async () => {
    const { consumer, controller } = await answeredOnce();
    controller.tryPush(1);
    await settle();
    consumer.last.answer(denied);
    await advance(1);
    expect(consumer.batches).toEqual([[1], [1]]);
    consumer.last.answer();
    await settle();
    expect(controller.getMetrics()).toMatchObject({ eventsFlushed: 2, eventsDropped: 0, eventsFailed: 0 });
  });

  it('is sent again immediately the first time, and then after pauses that grow as in any outage', async () => {
    const { consumer, controller } = await answeredOnce();
    consumer.automatic = denied;
    controller.tryPush(1);
    await advance(60_000);
    const [first, second, third] = pausesOf(consumer);
    expect(first).toBe(1);
    expect(second).toBeGreaterThanOrEqual(50);
    expect(third).toBeGreaterThanOrEqual(second ?? Infinity);
    expect(Math.max(...pausesOf(consumer))).toBeLessThanOrEqual(1_100);
    expect(controller.getMetrics()).toMatchObject({ bufferSize: 1, eventsDropped: 0, eventsFailed: 0 });
  });

  it('is sent again immediately even if several were in flight and are denied together', async () => {
    const { consumer, controller } = await answeredOnce({ maxConcurrentFlushes: 4 });
    for (const item of [1, 2, 3]) controller.tryPush(item);
    await settle();
    expect(consumer.open).toHaveLength(3);
    for (const flush of consumer.open) flush.answer(denied);
    await settle();
    await advance(1);
    expect(consumer.flushes.length).toBeGreaterThan(3);
  });

  it('is again sent immediately after the first denial that follows an answer', async () => {
    const { consumer, controller } = await answeredOnce();
    for (const item of [1, 2, 3]) {
      controller.tryPush(item);
      await advance(10_000);
      consumer.last.answer(denied);
      await advance(1);
      expect(consumer.open).toHaveLength(1);
      consumer.last.answer();
      await settle();
    }
    expect(controller.getMetrics().eventsFlushed).toBe(4);
  });

  it('does not hold up others if they are delivered', async () => {
    const { consumer, controller } = await answeredOnce({ maxConcurrentFlushes: 4 });
    consumer.onFlush = (flush) => flush.answer(flush.items.includes(13) ? denied : undefined);
    const started = 100;
    for (const item of numbers(1, started)) {
      controller.tryPush(item);
      await advance(50);
    }
    expect(controller.getMetrics()).toMatchObject({
      eventsFlushed: started,
      setAside: 1,
      eventsDropped: 0,
      eventsFailed: 0,
    });
    controller.giveUp();
  });

  it('is held and retried slowly while others are delivered, however long that lasts, and is delivered once it is accepted', async () => {
    const { consumer, controller } = await answeredOnce({ maxConcurrentFlushes: 4, batchSize: 4 });
    const isDenied = (items: readonly number[]) => items.includes(13);
    consumer.onFlush = (flush) => flush.answer(isDenied(flush.items) ? denied : undefined);
    const passed = 600;
    for (const item of numbers(1, passed)) {
      controller.tryPush(item);
      await advance(1_000);
    }
    expect(controller.getMetrics()).toMatchObject({ eventsDropped: 0, eventsFailed: 0, circuit: 'closed' });
    expect(controller.getMetrics().setAside).toBeGreaterThanOrEqual(1);
    const sent = consumer.flushes.filter(({ items }) => isDenied(items)).map(({ at }) => at);
    expect(
      Math.min(
        ...sent
          .slice(-10)
          .slice(1)
          .map((at, index) => at - (sent.slice(-10)[index] ?? 0)),
      ),
    ).toBeGreaterThanOrEqual(2_500);
    consumer.onFlush = (flush) => flush.answer();
    await advance(10_000);
    expect(controller.getMetrics()).toMatchObject({ eventsFlushed: passed + 1, setAside: 0 });
  });

  it('is still given up if it then fails in another way, again and again, while others are delivered', async () => {
    const { consumer, controller } = await answeredOnce({ maxConcurrentFlushes: 4 });
    let answer = denied;
    consumer.onFlush = (flush) => flush.answer(flush.items.includes(13) ? answer : undefined);
    const live = async (first: number, last: number): Promise<void> => {
      for (const item of numbers(first, last)) {
        controller.tryPush(item);
        await advance(1_000);
      }
    };
    await live(1, 100);
    answer = retry;
    // Denials have proven nothing, so failures are counted from here on.
    await live(101, 105);
    expect(controller.getMetrics().eventsFailed).toBe(0);
    await live(106, 200);
    expect(controller.getMetrics().droppedByReason).toMatchObject({ undeliverable: 1 });
  });
});

describe('other pipelines of the destination', () => {
  const two = async () => {
    const destination = new Destination();
    return { a: await answeredOnce({ destination }), b: await answeredOnce({ destination }) };
  };

  it('go on while one is denied, however long that lasts', async () => {
    const { a, b } = await two();
    a.consumer.automatic = denied;
    a.controller.tryPush(1);
    await advance(10_000);
    expect(a.controller.getMetrics().circuit).toBe('open');
    expect(b.controller.getMetrics().circuit).toBe('closed');
    b.controller.tryPush(1);
    await settle();
    expect(b.consumer.open).toHaveLength(1);
  });

  it('may probe immediately when the probe of one is denied', async () => {
    const { a, b } = await two();
    for (const { consumer, controller } of [a, b]) {
      consumer.automatic = retry;
      controller.tryPush(1);
    }
    await advance(3_000);
    expect(b.controller.getMetrics().circuit).toBe('open');
    for (const { consumer } of [a, b]) {
      consumer.automatic = undefined;
      consumer.flushes.length = 0;
    }
    await advance(1_100);
    const [prober, waiting] = a.consumer.open.length > 0 ? [a, b] : [b, a];
    expect(waiting.consumer.open).toHaveLength(0);
    prober.consumer.last.answer(denied);
    await settle();
    expect(waiting.consumer.open).toHaveLength(1);
  });

  it('share the outage of a consumer that goes away while all of them are denied', async () => {
    const { a, b } = await two();
    for (const { consumer, controller } of [a, b]) {
      consumer.automatic = denied;
      controller.tryPush(1);
    }
    await advance(10_000);
    for (const { consumer } of [a, b]) consumer.automatic = unreachable;
    await advance(20_000);
    for (const { consumer } of [a, b]) consumer.flushes.length = 0;
    await advance(20_000);
    // One of them probes at a time, about once a second.
    expect(a.consumer.flushes.length + b.consumer.flushes.length).toBeLessThan(40);
    expect(Math.abs(a.consumer.flushes.length - b.consumer.flushes.length)).toBeLessThanOrEqual(1);
  });
});
