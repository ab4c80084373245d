import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ObjectBuffer } from '../src/index.ts';
import { advance, resetClock, settle } from './fake-clock.ts';
import { filled } from './filled-controller.ts';
import { delivered, HeldConsumer, numbers, retry } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
vi.mock('../src/random.ts', () => import('./fake-random.ts'));
beforeEach(resetClock);

describe('supersede', () => {
  it('gives up queued items, counted as superseded, and those that come later are sent as usual', async () => {
    const { consumer, controller, metrics } = filled(25);
    expect(controller.supersede()).toBe(25);
    expect(metrics()).toMatchObject({ eventsEvicted: 25, bufferSize: 0, bufferUtilization: 0 });
    expect(metrics().droppedByReason).toMatchObject({ superseded: 25, evicted: 0 });
    consumer.automatic = delivered;
    for (const item of [26, 27]) controller.tryPush(item);
    controller.start();
    await advance(1_000);
    expect(consumer.batches).toEqual([[26, 27]]);
  });

  it('does nothing if nothing waits', () => {
    const { controller, metrics } = filled(0);
    expect(controller.supersede()).toBe(0);
    expect(metrics()).toMatchObject({ eventsEvicted: 0 });
  });

  it('leaves a flush in flight alone, and its items are held again if it fails', async () => {
    const { consumer, controller, metrics } = filled(25);
    controller.start();
    await settle();
    expect(controller.supersede()).toBe(15);
    expect(metrics()).toMatchObject({ inFlight: 10, bufferSize: 0 });
    consumer.last.answer(retry);
    await settle();
    expect(metrics()).toMatchObject({ inFlight: 0, bufferSize: 10 });
    expect(controller.supersede()).toBe(10);
    expect(metrics().droppedByReason).toMatchObject({ superseded: 25 });
    await advance(600_000);
    expect(consumer.flushes).toHaveLength(1);
  });

  it('gives up batches that are set aside', async () => {
    const { consumer, controller, metrics } = filled(40, { maxConcurrentFlushes: 4 });
    controller.start();
    await settle();
    const [first, ...others] = consumer.flushes;
    await advance(10);
    for (const other of others) other.answer();
    await settle();
    controller.tryPush(41);
    await advance(1_000);
    consumer.last.answer();
    await settle();
    first?.answer(retry);
    await settle();
    expect(metrics()).toMatchObject({ setAside: 10 });
    expect(controller.supersede()).toBe(10);
    expect(metrics()).toMatchObject({ setAside: 0, bufferSize: 0, bufferBytes: 0 });
  });

  it('ends the waits for superseded items, and later items do not prolong them', async () => {
    const { consumer, controller } = filled(25);
    controller.start();
    await settle();
    const flushed = controller.flush({ timeoutMs: 60_000 });
    controller.supersede();
    for (const item of numbers(26, 45)) controller.tryPush(item);
    consumer.last.answer();
    expect(await flushed).toBe(true);
    expect(consumer.batches).toHaveLength(1);
  });

  it('lets waiting producers in', async () => {
    const { controller } = filled(2, { strategy: 'block', maxBufferSize: 2, batchSize: 2 });
    const pushed = controller.push(3);
    expect(controller.supersede()).toBe(2);
    expect(await pushed).toBe(true);
  });

  it('keeps the law in callbacks that supersede again, and gives nothing up twice', () => {
    const consumer = new HeldConsumer<number>();
    const superseded: number[] = [];
    const controller = lawfulController<number>(consumer.flush, {
      onDrop: (_, count) => void superseded.push(count, controller.supersede()),
    });
    for (const item of numbers(1, 5)) controller.tryPush(item);
    expect(controller.supersede()).toBe(5);
    expect(superseded).toEqual([5, 0]);
  });
});

/** Takes all queued items at once, whatever the limits. */
class GroupBuffer extends ObjectBuffer<number> {
  readonly isIndivisible = true;

  override take(): number[] {
    return super.take(Infinity, Infinity);
  }

  override split(): [number[], number[]] {
    throw new Error('a group cannot be split');
  }
}

describe('items that leave in indivisible groups', () => {
  it('are sent again as a whole through an outage, however long it lasts', async () => {
    const consumer = new HeldConsumer<number>();
    const controller = lawfulController<number>(consumer.flush, { buffer: new GroupBuffer(), flushTimeoutMs: 1_000 });
    controller.start();
    consumer.automatic = retry;
    for (const item of numbers(1, 30)) controller.tryPush(item);
    await advance(600_000);
    consumer.automatic = delivered;
    await advance(60_000);
    expect(consumer.flushes.length).toBeGreaterThan(10);
    expect(new Set(consumer.batches.map((batch) => batch.length))).toEqual(new Set([30]));
    expect(controller.getMetrics()).toMatchObject({ eventsFlushed: 30, bufferSize: 0 });
  });
});
