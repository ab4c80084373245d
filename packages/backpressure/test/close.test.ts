import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { BackpressureController } from '../src/index.ts';
import { expectLaw } from './accounting-law.ts';
import { advance, resetClock, runningTimers, settle } from './fake-clock.ts';
import { filled } from './filled-controller.ts';
import { delivered, numbers, retry, throttled } from './held-consumer.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
vi.mock('../src/random.ts', () => import('./fake-random.ts'));
beforeEach(resetClock);

function started(...[count, config]: Parameters<typeof filled>): ReturnType<typeof filled> {
  const subject = filled(count, config);
  subject.controller.start();
  return subject;
}

describe('close', () => {
  it('flushes everything, then ends', async () => {
    const { consumer, controller, metrics } = started(25);
    consumer.automatic = delivered;
    expect(await Promise.all([controller.close(), settle()])).toEqual([
      { flushed: 25, failed: 0, remaining: 0 },
      undefined,
    ]);
    expect(metrics()).toMatchObject({ eventsFlushed: 25, eventsDropped: 0, state: 'normal' });
    expect(runningTimers()).toBe(0);
  });

  it('aborts flushes in flight at its deadline, and counts all remaining items as drain_timeout', async () => {
    const { consumer, controller, metrics } = started(25, { maxBufferSize: 25, sizeOf: () => 10 });
    const close = controller.close({ timeoutMs: 1_000 });
    await advance(999);
    expect(consumer.last.signal.aborted).toBe(false);
    await advance(1);
    expect(await close).toEqual({ flushed: 0, failed: 0, remaining: 25 });
    expect(consumer.last.signal.aborted).toBe(true);
    expect(metrics()).toMatchObject({ bufferSize: 0, inFlight: 0, bufferBytes: 0, eventsEvicted: 25, state: 'normal' });
    expect(metrics().droppedByReason.drain_timeout).toBe(25);
  });

  it('keeps the law even while the flush is being aborted', async () => {
    const { consumer, controller } = started(25);
    void controller.close({ timeoutMs: 100 });
    await settle();
    const breaches: unknown[] = [];
    consumer.last.signal.addEventListener('abort', () => {
      try {
        expectLaw(controller);
        expect(controller.getMetrics().inFlight).toBe(0);
      } catch (breach) {
        breaches.push(breach);
      }
    });
    await advance(100);
    expect(consumer.last.signal.aborted).toBe(true);
    expect(breaches).toEqual([]);
  });

  it('refuses and counts items that are pushed from then on', async () => {
    const { consumer, controller, metrics } = started(5, { strategy: 'block' });
    const close = controller.close({ timeoutMs: 10 });
    expect([await controller.push(6), controller.tryPush(7)]).toEqual([false, false]);
    await advance(10);
    await close;
    expect([await controller.push(8), controller.tryPush(9)]).toEqual([false, false]);
    controller.start();
    await advance(100_000);
    expect(consumer.flushes).toHaveLength(1);
    expect(metrics().droppedByReason).toMatchObject({ already_shutdown: 4, drain_timeout: 5 });
    expect(metrics().eventsRefused).toBe(4);
  });

  it('ignores a result that comes after it', async () => {
    const { consumer, controller, metrics } = started(10);
    void controller.close({ timeoutMs: 10 });
    await advance(10);
    consumer.last.answer();
    await advance(10_000);
    expect(metrics()).toMatchObject({ eventsFlushed: 0, eventsEvicted: 10 });
  });

  it('runs once, and later calls get the result of the first', async () => {
    const { consumer, controller } = started(10);
    const first = controller.close();
    const second = controller.close({ timeoutMs: 1 });
    await advance(100);
    consumer.last.answer();
    expect(await second).toBe(await first);
    expect(await controller.close()).toEqual({ flushed: 10, failed: 0, remaining: 0 });
    expect(await controller.drain()).toEqual({ flushed: 0, failed: 0, remaining: 0 });
    expect(await controller.flush()).toBe(true);
  });

  it('obeys its own deadline while a drain with a later one runs', async () => {
    const { controller, metrics } = started(10);
    const drain = controller.drain({ timeoutMs: 600_000 });
    const close = controller.close({ timeoutMs: 100 });
    await advance(100);
    expect(await close).toEqual({ flushed: 0, failed: 0, remaining: 10 });
    expect(await drain).toEqual({ flushed: 0, failed: 0, remaining: 0 });
    expect(metrics()).toMatchObject({ state: 'normal', eventsEvicted: 10 });
  });

  it('does not end with a drain of an earlier deadline', async () => {
    const states: string[] = [];
    const { consumer, controller } = started(10, { onStateChange: (state) => void states.push(state) });
    const drain = controller.drain({ timeoutMs: 100 });
    const close = controller.close({ timeoutMs: 1_000 });
    await advance(100);
    expect(await drain).toEqual({ flushed: 0, failed: 0, remaining: 10 });
    expect(controller.getMetrics().state).toBe('draining');
    consumer.last.answer();
    expect(await close).toEqual({ flushed: 10, failed: 0, remaining: 0 });
    expect(states).toEqual(['draining', 'normal']);
  });

  it('settles flush calls that have a later deadline', async () => {
    const { controller } = started(25);
    const flush = controller.flush({ timeoutMs: 600_000 });
    void controller.close({ timeoutMs: 100 });
    await advance(100);
    expect(await flush).toBe(true);
    expect(runningTimers()).toBe(0);
  });

  it('leaves no timer behind, even if the consumer has asked for a pause and a flush call waits', async () => {
    const { consumer, controller } = started(10);
    await settle();
    const flush = controller.flush({ timeoutMs: 600_000 });
    consumer.last.answer(throttled(60_000));
    await settle();
    await Promise.all([controller.close({ timeoutMs: 100 }), settle()]);
    expect(await flush).toBe(true);
    expect(runningTimers()).toBe(0);
  });

  it.each([
    ['close', async (controller: BackpressureController<number>) => void (await controller.close())],
    ['a hand-over', (controller: BackpressureController<number>) => controller.handOver(() => true)],
  ])('ends the reading of pressure sources, even if the controller is started again: %s', async (_, end) => {
    const utilization = vi.fn<() => number>(() => 0);
    const { controller } = started(0, { pressure: [{ utilization }] });
    expect(utilization).toHaveBeenCalledOnce();
    await end(controller);
    controller.start();
    await advance(10_000);
    expect(utilization).toHaveBeenCalledOnce();
    expect(runningTimers()).toBe(0);
  });

  it('serves producers that wait for room while there is time, and refuses the others', async () => {
    const { consumer, controller, metrics } = started(10, { strategy: 'block', maxBufferSize: 10 });
    const waiting = numbers(11, 25).map((item) => controller.push(item));
    await settle();
    const close = controller.close({ timeoutMs: 1_000 });
    consumer.last.answer();
    await advance(1_000);
    expect(await Promise.all(waiting)).toEqual([...numbers(1, 10).map(() => true), ...numbers(1, 5).map(() => false)]);
    expect(await close).toEqual({ flushed: 10, failed: 0, remaining: 10 });
    expect(metrics()).toMatchObject({ eventsOffered: 25, eventsRefused: 5, eventsEvicted: 10 });
    expect(metrics().droppedByReason).toMatchObject({ already_shutdown: 5, drain_timeout: 10, block_timeout: 0 });
  });

  it('works before the start, while stopped, and while the circuit is open', async () => {
    const { consumer, controller, metrics } = started(10, { circuitBreaker: { failureThreshold: 1 } });
    await settle();
    consumer.last.answer(retry);
    await settle();
    expect(metrics().circuit).toBe('open');
    controller.stop();
    consumer.automatic = delivered;
    const close = controller.close();
    await advance(1_000);
    expect(await close).toEqual({ flushed: 10, failed: 0, remaining: 0 });
  });

  it('is called by `await using`', async () => {
    const { consumer, controller, metrics } = started(5);
    consumer.automatic = delivered;
    await Promise.all([controller[Symbol.asyncDispose](), settle()]);
    expect(metrics().eventsFlushed).toBe(5);
    expect(controller.tryPush(6)).toBe(false);
  });
});
