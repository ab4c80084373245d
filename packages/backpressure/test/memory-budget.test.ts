import { beforeEach, describe, expect, it, vi } from 'vitest';
import { BackpressureController, MemoryBudget } from '../src/index.ts';
import { advance, resetClock, settle } from './fake-clock.ts';
import { collectGarbage } from './collect-garbage.ts';
import { delivered, HeldConsumer } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';
import { watch } from './watched-promise.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
beforeEach(resetClock);

type Config = Parameters<typeof lawfulController<number>>[1];

/** Two controllers with one budget of 100 bytes, of which 25 are guaranteed to each. Each item is its own size. */
function two(config: Config = {}) {
  const memoryBudget = new MemoryBudget(100);
  const create = () => {
    const consumer = new HeldConsumer<number>();
    const controller = lawfulController(consumer.flush, {
      memoryBudget,
      sizeOf: (item) => item,
      batchSize: 1,
      ...config,
    });
    controller.start();
    return { consumer, controller };
  };
  return { memoryBudget, spans: create(), logs: create() };
}

/** How often the budget has called a listener, from now on. */
function countCalls(memoryBudget: MemoryBudget): () => number {
  const listen = memoryBudget.onGivenBack.bind(memoryBudget);
  let calls = 0;
  memoryBudget.onGivenBack = (listener) =>
    listen(() => {
      calls += 1;
      listener();
    });
  return () => calls;
}

describe('a memory budget', () => {
  it('is one limit for all controllers that share it', () => {
    const { memoryBudget, spans, logs } = two({ strategy: 'drop_newest' });
    expect(spans.controller.tryPush(60)).toBe(true);
    expect(logs.controller.tryPush(50)).toBe(false);
    expect(logs.controller.tryPush(40)).toBe(true);
    expect(memoryBudget.usedBytes).toBe(100);
    expect(logs.controller.getMetrics()).toMatchObject({ state: 'blocked', bufferBytes: 40, bufferUtilization: 1 });
  });

  it('counts the bytes of a member once that ends while it gives an item up', () => {
    const { memoryBudget, logs } = two();
    const ending = new BackpressureController(new HeldConsumer<number>().flush, {
      memoryBudget,
      sizeOf: (item) => item,
      onDrop: () => void ending.giveUp(),
    });
    for (const item of [20, 40, 30]) ending.tryPush(item);
    expect(memoryBudget.usedBytes).toBe(0);
    logs.controller.tryPush(60);
    expect(memoryBudget.usedBytes).toBe(60);
  });

  it('gets back the bytes of items that have settled', async () => {
    const { memoryBudget, spans } = two();
    spans.controller.tryPush(60);
    await settle();
    expect(memoryBudget.usedBytes).toBe(60);
    spans.consumer.last.answer();
    await settle();
    expect(memoryBudget.usedBytes).toBe(0);
  });

  it('refuses an item as too large if it is larger than the other controller can ever leave', () => {
    const { spans } = two();
    expect(spans.controller.tryPush(76)).toBe(false);
    expect(spans.controller.getMetrics().droppedByReason.too_large).toBe(1);
    expect(spans.controller.tryPush(75)).toBe(true);
  });

  it('makes a controller give up its own items, but not in vain if the other one holds the budget', async () => {
    const { memoryBudget, spans, logs } = two();
    spans.controller.tryPush(70);
    logs.controller.tryPush(20);
    await settle();
    logs.controller.stop();
    for (const item of [3, 3, 3]) logs.controller.tryPush(item);
    expect(logs.controller.tryPush(11)).toBe(false);
    expect(logs.controller.getMetrics()).toMatchObject({ bufferSize: 3, eventsEvicted: 0 });
    expect(logs.controller.tryPush(4)).toBe(true);
    expect(logs.controller.getMetrics()).toMatchObject({ bufferSize: 3, eventsEvicted: 1 });
    expect(memoryBudget.usedBytes).toBe(100);
  });

  it('wakes the waiting producers of one controller when the other releases room', async () => {
    const { spans, logs } = two({ strategy: 'block' });
    await spans.controller.push(75);
    const waiting = logs.controller.push(30);
    const next = logs.controller.push(20);
    await settle();
    expect(logs.controller.getMetrics().eventsOffered).toBe(0);
    spans.consumer.last.answer();
    expect(await Promise.all([waiting, next])).toEqual([true, true]);
  });

  it('wakes callers of ready on the other controller', async () => {
    const { spans, logs } = two();
    spans.controller.tryPush(75);
    logs.controller.tryPush(25);
    const ready = watch(logs.controller.ready());
    await settle();
    expect(ready.at).toBeUndefined();
    spans.consumer.last.answer();
    await settle();
    expect(ready.at).toBeDefined();
  });

  it('survives producers of both controllers that wait for more than was released', async () => {
    const { memoryBudget, spans, logs } = two({ strategy: 'block', maxBlockTimeMs: 1_000 });
    await spans.controller.push(10);
    await spans.controller.push(65);
    const results = [spans.controller.push(50), logs.controller.push(60)];
    await settle();
    spans.consumer.last.answer();
    await settle();
    expect(memoryBudget.usedBytes).toBe(65);
    await advance(1_000);
    expect(await Promise.all(results)).toEqual([false, false]);
    expect(memoryBudget.usedBytes).toBe(65);
  });

  it('gets everything back when a controller closes, and no longer calls it', async () => {
    const { memoryBudget, spans, logs } = two({ strategy: 'block' });
    const calls = countCalls(memoryBudget);
    await spans.controller.push(50);
    await logs.controller.push(50);
    const refused = logs.controller.push(10);
    void logs.controller.close({ timeoutMs: 10 });
    await advance(10);
    expect(await refused).toBe(false);
    expect(memoryBudget.usedBytes).toBe(50);
    const before = calls();
    spans.consumer.last.answer();
    await settle();
    expect(memoryBudget.usedBytes).toBe(0);
    expect(calls()).toBe(before);
    expect(logs.controller.getMetrics()).toMatchObject({
      bufferSize: 0,
      inFlight: 0,
      eventsEvicted: 1,
      eventsRefused: 1,
    });
  });

  it('gets back the bytes of queued items when a controller closes', async () => {
    const { memoryBudget, spans } = two();
    spans.controller.stop();
    for (const item of [10, 20]) spans.controller.tryPush(item);
    void spans.controller.close({ timeoutMs: 0 });
    await advance(0);
    expect(memoryBudget.usedBytes).toBe(0);
    expect(spans.controller.getMetrics().bufferBytes).toBe(0);
  });

  it('leaves a controller that holds nothing in its normal state, and counts as full once it holds what it may', () => {
    const { spans, logs } = two();
    spans.controller.tryPush(75);
    expect(logs.controller.state).toBe('normal');
    expect(logs.controller.tryPush(25)).toBe(true);
    expect(logs.controller.getMetrics()).toMatchObject({ state: 'blocked', bufferUtilization: 1 });
  });

  it('does not lower the utilization that the controller has by its own items', () => {
    const { spans } = two({ maxBufferSize: 4 });
    spans.controller.tryPush(1);
    expect(spans.controller.getMetrics()).toMatchObject({ bufferUtilization: 0.25 });
  });

  it('makes a controller give up all queued items for an item that exactly fits the room that the other one leaves', async () => {
    const { memoryBudget, spans, logs } = two();
    spans.controller.tryPush(40);
    for (const item of [10, 20]) logs.controller.tryPush(item);
    expect(logs.controller.tryPush(60)).toBe(true);
    expect(memoryBudget.usedBytes).toBe(100);
  });

  it('wakes waiters as long as any waits, in push or in ready', async () => {
    const { spans, logs } = two({ strategy: 'block', maxConcurrentFlushes: 3 });
    for (const item of [25, 25, 25]) await spans.controller.push(item);
    await logs.controller.push(25);
    await settle();
    const pushes = [25, 25].map((item) => watch(logs.controller.push(item)));
    const ready = watch(logs.controller.ready());
    const waitingFor = async (): Promise<readonly boolean[]> => {
      await settle();
      return [...pushes, ready].map(({ at }) => at === undefined);
    };
    expect(await waitingFor()).toEqual([true, true, true]);
    spans.consumer.flushes[0]?.answer();
    expect(await waitingFor()).toEqual([false, true, true]);
    spans.consumer.flushes[1]?.answer();
    expect(await waitingFor()).toEqual([false, false, true]);
    logs.consumer.flushes[0]?.answer();
    expect(await waitingFor()).toEqual([false, false, false]);
  });

  it('wakes one producer after the other as room is given back little by little', async () => {
    const { spans, logs } = two({ strategy: 'block', maxConcurrentFlushes: 2 });
    for (const item of [25, 50]) await spans.controller.push(item);
    await logs.controller.push(25);
    await settle();
    const pushes = [25, 25].map((item) => watch(logs.controller.push(item)));
    for (const flush of [...spans.consumer.flushes]) {
      expect(pushes.filter(({ at }) => at !== undefined)).toHaveLength(spans.consumer.flushes.indexOf(flush));
      flush.answer();
      await settle();
    }
    expect(pushes.map(({ result }) => result)).toEqual([true, true]);
  });

  it.each(['push', 'ready'] as const)('no longer calls a controller without waiters (%s)', async (method) => {
    const { memoryBudget, spans, logs } = two({ strategy: 'block' });
    const calls = countCalls(memoryBudget);
    await spans.controller.push(40);
    await spans.controller.push(35);
    await logs.controller.push(25);
    await settle();
    const waiting = watch<unknown>(logs.controller[method](10));
    await settle();
    spans.consumer.last.answer();
    await settle();
    expect(waiting.at).toBeDefined();
    const before = calls();
    expect(before).toBeGreaterThan(0);
    spans.consumer.last.answer();
    await settle();
    expect(calls()).toBe(before);
  });

  it('calls a listener once for room that is given back in one go, until the listener is removed', async () => {
    const memoryBudget = new MemoryBudget(100);
    const share = memoryBudget.join({}, () => {});
    share.use(80);
    const listener = vi.fn<() => void>();
    const stop = memoryBudget.onGivenBack(listener);
    share.giveBack(5);
    share.giveBack(5);
    expect(listener).not.toHaveBeenCalled();
    await settle();
    expect(listener).toHaveBeenCalledOnce();
    stop();
    share.giveBack(5);
    await settle();
    expect(listener).toHaveBeenCalledOnce();
  });

  it('leaves room for a healthy controller next to one whose consumer is gone, whichever was first', async () => {
    const { spans, logs } = two();
    for (let pushed = 0; pushed < 40; pushed += 1) spans.controller.tryPush(5);
    await settle();
    logs.consumer.automatic = delivered;
    for (let pushed = 0; pushed < 200; pushed += 1) {
      spans.controller.tryPush(5);
      logs.controller.tryPush(5);
      if (pushed % 5 === 4) await settle();
    }
    await advance(1_000);
    expect(logs.controller.getMetrics()).toMatchObject({ eventsFlushed: 200, eventsDropped: 0, state: 'normal' });
    expect(spans.controller.getMetrics()).toMatchObject({ bufferBytes: 75, eventsFlushed: 0 });
  });

  it('makes controllers that exceed their limit give items up when another one joins', async () => {
    const { memoryBudget, spans, logs } = two();
    spans.controller.tryPush(5);
    await settle();
    for (let pushed = 0; pushed < 14; pushed += 1) spans.controller.tryPush(5);
    for (let pushed = 0; pushed < 5; pushed += 1) logs.controller.tryPush(5);
    expect(memoryBudget.usedBytes).toBe(100);
    const third = lawfulController<number>(async () => delivered, { memoryBudget, sizeOf: (item) => item });
    // A sixth of the budget for each, and 52 bytes for any of them. The logs have 9 of these.
    expect(spans.controller.getMetrics()).toMatchObject({ bufferBytes: 55, eventsEvicted: 4, inFlight: 1 });
    expect(logs.controller.getMetrics()).toMatchObject({ bufferBytes: 25, eventsEvicted: 0 });
    expect(third.tryPush(16)).toBe(true);
    expect(memoryBudget.usedBytes).toBeLessThanOrEqual(100);
  });

  it('is divided among fewer controllers again when one closes or hands over', async () => {
    const { memoryBudget, spans, logs } = two();
    expect(memoryBudget.guaranteedBytes).toBe(25);
    await logs.controller.close();
    await logs.controller.close();
    expect(memoryBudget.guaranteedBytes).toBe(50);
    spans.controller.tryPush(10);
    spans.controller.handOver(() => true);
    expect([memoryBudget.guaranteedBytes, memoryBudget.usedBytes]).toEqual([50, 0]);
  });

  it('does not keep an abandoned controller alive, and gets back the bytes that it held', async () => {
    const memoryBudget = new MemoryBudget(100);
    const dropped = new WeakRef(filled(memoryBudget));
    expect([memoryBudget.usedBytes, memoryBudget.guaranteedBytes]).toEqual([60, 50]);
    const other = lawfulController<number>(async () => delivered, { memoryBudget, sizeOf: (item) => item });
    expect(memoryBudget.guaranteedBytes).toBe(25);
    // A reference that was read stays alive until the current job ends; the budget hears of it in a later one.
    await settle();
    for (let turn = 0; turn < 10 && memoryBudget.usedBytes > 0; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      collectGarbage();
    }
    expect(dropped.deref()).toBeUndefined();
    expect([memoryBudget.usedBytes, memoryBudget.guaranteedBytes]).toEqual([0, 50]);
    expect(other.state).toBe('normal');
  });
});

/** A controller that holds 60 bytes, and was never started. */
function filled(memoryBudget: MemoryBudget): BackpressureController<number> {
  const controller = new BackpressureController<number>(async () => delivered, {
    memoryBudget,
    sizeOf: (item) => item,
  });
  controller.tryPush(60);
  return controller;
}
