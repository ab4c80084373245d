import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HeldConsumer, retry } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

describe('the flow metrics of a controller', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('count an item as taken once, however often it is sent', async () => {
    const consumer = new HeldConsumer<number>();
    const controller = lawfulController(consumer.flush, {
      batchSize: 4,
      maxConcurrentFlushes: 1,
      minFlushIntervalMs: 1,
    });
    controller.start();
    for (let id = 0; id < 6; id += 1) controller.tryPush(id);
    await vi.advanceTimersByTimeAsync(10);
    expect(controller.getFlowMetrics()).toMatchObject({ queued: 2, unsettled: 4, eventsTaken: 4 });
    for (let failure = 0; failure < 3; failure += 1) {
      consumer.open[0]?.answer(retry);
      await vi.advanceTimersByTimeAsync(10_000);
    }
    const { queued, unsettled, eventsTaken } = controller.getFlowMetrics();
    expect([queued + unsettled, eventsTaken]).toEqual([6, unsettled]);
    expect(controller.getMetrics().eventsRetried).toBeGreaterThanOrEqual(12);
    while (controller.getMetrics().eventsFlushed < 6) {
      consumer.open[0]?.answer({ kind: 'delivered' });
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(controller.getFlowMetrics()).toMatchObject({ queued: 0, unsettled: 0, eventsTaken: 6 });
  });

  it('tell losses before the first take from losses after it', async () => {
    const consumer = new HeldConsumer<number>();
    const controller = lawfulController(consumer.flush, {
      batchSize: 2,
      maxBufferSize: 4,
      maxConcurrentFlushes: 1,
      minFlushIntervalMs: 1,
    });
    controller.start();
    for (let id = 0; id < 4; id += 1) controller.tryPush(id);
    await vi.advanceTimersByTimeAsync(10);
    // The first two come back, and are the oldest ones.
    consumer.open[0]?.answer(retry);
    await vi.advanceTimersByTimeAsync(0);
    expect(controller.getFlowMetrics()).toMatchObject({ queued: 2, unsettled: 2, eventsTaken: 2 });
    for (let id = 4; id < 7; id += 1) controller.tryPush(id);
    const { lostBeforeTake, lostAfterTake } = controller.getFlowMetrics();
    expect([lostBeforeTake.evicted, lostAfterTake.evicted]).toEqual([1, 2]);
    controller.giveUp();
    expect(controller.getFlowMetrics()).toMatchObject({ queued: 0, unsettled: 0 });
  });

  it('have the time of throttles, each moment once, up to now', async () => {
    const consumer = new HeldConsumer<number>();
    const controller = lawfulController(consumer.flush, {
      batchSize: 1,
      maxConcurrentFlushes: 2,
      minFlushIntervalMs: 1,
    });
    controller.start();
    for (let id = 0; id < 4; id += 1) controller.tryPush(id);
    await vi.advanceTimersByTimeAsync(10);
    for (const flush of [...consumer.open])
      flush.answer({ kind: 'throttled', error: new Error('429'), retryAfterMs: 4_000 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(controller.getFlowMetrics().throttledMs).toBeCloseTo(1_000, 0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(controller.getFlowMetrics().throttledMs).toBeCloseTo(4_000, 0);
  });

  it('have the time in which the circuit was open, which ends with the first answer', async () => {
    const consumer = new HeldConsumer<number>();
    const controller = lawfulController(consumer.flush, {
      batchSize: 1,
      maxConcurrentFlushes: 1,
      minFlushIntervalMs: 1,
    });
    controller.start();
    controller.tryPush(0);
    await vi.advanceTimersByTimeAsync(10);
    expect(controller.getFlowMetrics().circuitOpenMs).toBe(0);
    while (controller.getMetrics().circuit === 'closed') {
      consumer.open[0]?.answer(retry);
      await vi.advanceTimersByTimeAsync(100);
    }
    await vi.advanceTimersByTimeAsync(20_000);
    const { circuitOpenMs } = controller.getFlowMetrics();
    expect(circuitOpenMs).toBeGreaterThanOrEqual(20_000);
    consumer.open[0]?.answer({ kind: 'delivered' });
    await vi.advanceTimersByTimeAsync(0);
    expect(controller.getMetrics().circuit).toBe('closed');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(controller.getFlowMetrics().circuitOpenMs).toBeLessThanOrEqual(circuitOpenMs + 100);
  });

  it('say how full each bound is', () => {
    const controller = lawfulController(async () => ({ kind: 'delivered' }) as const, {
      maxBufferSize: 10,
      maxBufferBytes: 100,
      sizeOf: () => 30,
    });
    controller.tryPush(1);
    controller.tryPush(2);
    expect(controller.getFlowMetrics().utilizationBySource).toEqual({
      items: 0.2,
      bytes: 0.6,
      budget: undefined,
      pressure: 0,
    });
  });
});
