import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { FlushOutcome } from '../src/index.ts';
import { advance, resetClock, runningTimers, settle } from './fake-clock.ts';
import { filled } from './filled-controller.ts';
import { delivered, type HeldConsumer, numbers, refused, retry, throttled, unreachable } from './held-consumer.ts';
import { watch } from './watched-promise.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
vi.mock('../src/random.ts', () => import('./fake-random.ts'));
beforeEach(resetClock);

describe('drain', () => {
  it('flushes everything, and reports the counts', async () => {
    const { consumer, controller, metrics } = filled(35);
    consumer.onFlush = (flush) => flush.answer({ success: flush.items.length - 1, failed: 1, errors: [] });
    expect(await Promise.all([controller.drain(), settle()])).toEqual([
      { flushed: 31, failed: 4, remaining: 0 },
      undefined,
    ]);
    expect(metrics()).toMatchObject({ state: 'normal', bufferSize: 0 });
  });

  it('refuses items that are pushed while it runs as already_shutdown, and lets items in again afterwards', async () => {
    const { consumer, controller, metrics } = filled(10, { strategy: 'block' });
    const drain = controller.drain();
    expect(metrics().state).toBe('draining');
    expect([await controller.push(11), controller.tryPush(12)]).toEqual([false, false]);
    await settle();
    consumer.last.answer();
    await drain;
    expect([await controller.push(13), controller.tryPush(14)]).toEqual([true, true]);
    expect(metrics()).toMatchObject({ state: 'normal', eventsDropped: 2 });
    expect(metrics().droppedByReason.already_shutdown).toBe(2);
  });

  it('leaves DRAINING at its deadline, for the state that fits the remaining items', async () => {
    const { consumer, controller, metrics } = filled(95, { maxBufferSize: 100 });
    const drain = watch(controller.drain({ timeoutMs: 1_000 }));
    await advance(500);
    consumer.last.answer();
    await advance(500);
    expect(drain).toEqual({ result: { flushed: 10, failed: 0, remaining: 85 }, at: 1_000 });
    expect(metrics()).toMatchObject({ state: 'critical', inFlight: 10, bufferSize: 75 });
    consumer.last.answer();
    await settle();
    expect(metrics().eventsFlushed).toBe(20);
  });

  it('joins a drain that already runs', async () => {
    const { consumer, controller } = filled(10);
    const drains = [controller.drain(), controller.drain({ timeoutMs: 1 })].map(watch);
    await advance(500);
    consumer.last.answer();
    await settle();
    expect(drains).toEqual([1, 2].map(() => ({ result: { flushed: 10, failed: 0, remaining: 0 }, at: 500 })));
  });

  it('runs again when called again later, and reports only that run', async () => {
    const { consumer, controller } = filled(10);
    consumer.onFlush = (flush) => flush.answer({ success: flush.items.length - 1, failed: 1, errors: [] });
    expect((await Promise.all([controller.drain(), settle()]))[0]).toEqual({ flushed: 9, failed: 1, remaining: 0 });
    for (const item of numbers(11, 13)) controller.tryPush(item);
    expect((await Promise.all([controller.drain(), settle()]))[0]).toEqual({ flushed: 2, failed: 1, remaining: 0 });
  });

  it('does not start a second flush while one is in flight: there is only one loop', async () => {
    const { consumer, controller } = filled(30);
    controller.start();
    await settle();
    const drain = watch(controller.drain());
    await settle();
    expect(consumer.flushes).toHaveLength(1);
    for (let round = 1; round <= 3; round += 1) {
      expect(consumer.open).toHaveLength(1);
      consumer.last.answer();
      await settle();
    }
    expect(drain.result).toEqual({ flushed: 30, failed: 0, remaining: 0 });
  });

  it('goes on if the controller is stopped while it waits for a retry', async () => {
    const { consumer, controller } = filled(10);
    controller.start();
    const drain = watch(controller.drain());
    await settle();
    consumer.last.answer(retry);
    await settle();
    controller.stop();
    consumer.automatic = delivered;
    await advance(75);
    expect(drain.result).toEqual({ flushed: 10, failed: 0, remaining: 0 });
  });

  it('leaves no timer behind once it is over', async () => {
    const { consumer, controller } = filled(10);
    consumer.automatic = delivered;
    await Promise.all([controller.drain(), controller.flush(), settle()]);
    expect(runningTimers()).toBe(0);
  });

  it('cuts the rest of a long backoff short, and retries at least every second', async () => {
    const { consumer, controller } = filled(20, { retry: { initialBackoffMs: 60_000, maxBackoffMs: 60_000 } });
    controller.start();
    await settle();
    consumer.last.answer();
    await settle();
    consumer.last.answer(retry);
    await settle();
    void controller.drain();
    await advance(249);
    expect(consumer.flushes).toHaveLength(2);
    await advance(1);
    expect(consumer.flushes).toHaveLength(3);
    consumer.last.answer(retry);
    await advance(1_000);
    expect(consumer.flushes).toHaveLength(4);
  });

  it('gives up early if the consumer asks for a pause that is longer than its time', async () => {
    const { consumer, controller, metrics } = filled(20);
    controller.start();
    await settle();
    const drain = watch(controller.drain({ timeoutMs: 5_000 }));
    await advance(100);
    consumer.last.answer(throttled(5_000));
    await settle();
    expect(drain).toEqual({ result: { flushed: 0, failed: 0, remaining: 20 }, at: 100 });
    expect(metrics().state).toBe('normal');
  });

  it('waits for a throttle that ends before its deadline', async () => {
    const { consumer, controller } = filled(10);
    const drain = watch(controller.drain({ timeoutMs: 5_000 }));
    await settle();
    consumer.last.answer(throttled(4_000));
    await advance(4_000);
    consumer.last.answer();
    await settle();
    expect(drain).toEqual({ result: { flushed: 10, failed: 0, remaining: 0 }, at: 4_000 });
  });

  it('lets in items whose producers waited for room before it began', async () => {
    const { consumer, controller } = filled(10, { strategy: 'block', maxBufferSize: 10 });
    const waiting = watch(controller.push(11));
    consumer.automatic = delivered;
    const drain = watch(controller.drain());
    await settle();
    expect(waiting.result).toBe(true);
    expect(drain.result).toEqual({ flushed: 11, failed: 0, remaining: 0 });
  });

  describe('with a limit for a consumer that was never there', () => {
    const options = { timeoutMs: 10_000, absentAfterMs: 500 };
    const refusedAtOnce = (consumer: HeldConsumer<number>): void => void (consumer.automatic = unreachable);

    it('gives up if the next attempt would come after that limit', async () => {
      const { consumer, controller } = filled(20);
      refusedAtOnce(consumer);
      const drain = watch(controller.drain(options));
      await advance(500);
      expect(drain).toMatchObject({ result: { flushed: 0, failed: 0, remaining: 20 }, at: 225 });
      expect(consumer.flushes.map(({ at }) => at)).toEqual([0, 75, 225]);
    });

    it('delivers everything if the consumer comes up within that limit', async () => {
      const { consumer, controller } = filled(20);
      refusedAtOnce(consumer);
      const drain = watch(controller.drain(options));
      await advance(200);
      consumer.automatic = delivered;
      await advance(100);
      expect(drain.result).toEqual({ flushed: 20, failed: 0, remaining: 0 });
    });

    it('makes at least one more attempt, however many have failed before', async () => {
      const { consumer, controller } = filled(10);
      refusedAtOnce(consumer);
      controller.start();
      await advance(60_000);
      const { length } = consumer.flushes;
      const drain = watch(controller.drain(options));
      await advance(500);
      expect(consumer.flushes.length).toBeGreaterThan(length);
      expect(drain.result).toEqual({ flushed: 0, failed: 0, remaining: 10 });
    });

    it.each([
      ['has answered before', delivered],
      ['has rejected items before', refused],
      ['has failed before', retry],
      ['has throttled before', throttled(1)],
    ])('waits the whole time for one that %s', async (_, outcome) => {
      const { consumer, controller } = filled(20);
      controller.start();
      await settle();
      consumer.last.answer(outcome);
      refusedAtOnce(consumer);
      const drain = watch(controller.drain(options));
      await advance(9_999);
      expect(drain.at).toBeUndefined();
      await advance(1);
      expect(drain.at).toBe(10_000);
    });

    it('waits the whole time for a consumer whose connections hang', async () => {
      const { consumer, controller } = filled(20);
      consumer.automatic = { ...unreachable, timedOut: true } as FlushOutcome;
      const drain = watch(controller.close(options));
      await advance(9_999);
      expect(drain.at).toBeUndefined();
    });

    it('waits for a flush that has not ended, whatever the outcome of the others', async () => {
      const { consumer, controller } = filled(20);
      const drain = watch(controller.drain(options));
      await settle();
      consumer.flushes[0]!.answer(unreachable);
      await advance(2_000);
      expect(drain.at).toBeUndefined();
    });

    it('works for close and flush as well', async () => {
      const { consumer, controller, metrics } = filled(20);
      refusedAtOnce(consumer);
      const flush = watch(controller.flush(options));
      await advance(500);
      expect(flush.result).toBe(false);
      const close = watch(controller.close(options));
      await advance(500);
      expect(close.result).toMatchObject({ remaining: 20 });
      expect(metrics().droppedByReason.drain_timeout).toBe(20);
    });
  });
});
