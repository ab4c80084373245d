import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTimer, useTimeFunctions } from '../src/clock.ts';
import { BackpressureController, type FlushOutcome } from '../src/index.ts';
import { followFakedTimers } from '../../../test/follow-faked-timers.ts';
import { LossyTime } from './lossy-time.ts';

let time: LossyTime;
beforeEach(() => {
  time = new LossyTime();
  useTimeFunctions(time);
});
afterEach(() => followFakedTimers());

function startController(
  flush: () => Promise<FlushOutcome>,
  config: ConstructorParameters<typeof BackpressureController<number>>[1] = {},
) {
  const controller = new BackpressureController<number>(flush, config);
  controller.start();
  return controller;
}

const delivering = async (): Promise<FlushOutcome> => ({ kind: 'delivered' });

describe('a controller on a platform that loses calls', () => {
  it('flushes immediately when it is asked to, even if the previous turn was lost', async () => {
    const controller = startController(delivering);
    controller.tryPush(1);
    time.loseCalls();
    const flushed = controller.flush();
    await time.pass(0);
    expect(await flushed).toBe(true);
  });

  it('closes immediately when it is asked to, even if the previous turn was lost', async () => {
    const controller = startController(delivering);
    controller.tryPush(1);
    time.loseCalls();
    const closed = controller.close();
    await time.pass(0);
    expect(await closed).toEqual({ flushed: 1, failed: 0, remaining: 0 });
  });

  it('recovers a lost turn at a push that comes at least a second later', async () => {
    const controller = startController(delivering, { batchSize: 2 });
    controller.tryPush(1);
    controller.tryPush(2);
    time.loseCalls();
    await time.pass(1_001);
    for (let item = 3; item < 5; item += 1) controller.tryPush(item);
    await time.pass(0);
    expect(controller.getMetrics().eventsFlushed).toBe(4);
  });

  it('recovers a lost interval at a push that comes a second after its end', async () => {
    const controller = startController(delivering, { minFlushIntervalMs: 100 });
    controller.tryPush(1);
    await time.pass(10);
    time.loseCalls();
    await time.pass(1_200);
    controller.tryPush(2);
    await time.pass(10);
    expect(controller.getMetrics().eventsFlushed).toBe(2);
  });

  it('notices a lost turn within twice the time for which it has been lost, however many items come in', async () => {
    const controller = startController(delivering, { batchSize: 1 });
    controller.tryPush(1);
    time.loseCalls();
    for (let elapsed = 0; elapsed < 2_100; elapsed += 1) {
      await time.pass(1);
      controller.tryPush(elapsed);
    }
    expect(controller.getMetrics().eventsFlushed).toBeGreaterThan(1_000);
  });

  it('retries before a later flush call gives up, even if the wake-up that it would share was lost', async () => {
    let calls = 0;
    const controller = startController(
      async () => {
        calls += 1;
        return calls < 3 ? { kind: 'retry', error: new Error('not now') } : { kind: 'delivered' };
      },
      { retry: { initialBackoffMs: 400, maxBackoffMs: 400 }, minFlushIntervalMs: 0 },
    );
    controller.tryPush(1);
    await time.pass(1);
    time.loseCalls();
    const flushed = controller.flush({ timeoutMs: 5_000 });
    await time.pass(4_000);
    expect(await flushed).toBe(true);
  });

  it('gives up a flush at its time-out and sends its batch again, even if the timer was lost', async () => {
    let calls = 0;
    const controller = startController(
      () => {
        calls += 1;
        return calls === 1 ? new Promise<never>(() => {}) : delivering();
      },
      { batchSize: 1, maxBatchSize: 1, flushTimeoutMs: 1_000, maxConcurrentFlushes: 1 },
    );
    controller.tryPush(1);
    await time.pass(1);
    time.loseCalls();
    await time.pass(5_000);
    controller.tryPush(2);
    await time.pass(5_000);
    expect(controller.getMetrics()).toMatchObject({ eventsFlushed: 2, inFlight: 0 });
  });

  it('settles a flush call after its deadline when the next one comes, even if the timer was lost', async () => {
    const controller = startController(() => new Promise<never>(() => {}));
    controller.tryPush(1);
    const first = controller.flush({ timeoutMs: 100 });
    await time.pass(0);
    time.loseCalls();
    await time.pass(2_000);
    const second = controller.flush({ timeoutMs: 100 });
    await time.pass(100);
    expect(await Promise.all([first, second])).toEqual([false, false]);
  });

  it('asks again for a lost timer, which calls back once', async () => {
    const callback = vi.fn<() => void>();
    const cancelled = vi.fn<() => void>();
    startTimer(callback, 50);
    const timer = startTimer(cancelled, 50);
    time.loseCalls();
    await time.pass(1_100);
    const controller = startController(delivering);
    controller.tryPush(1);
    timer.cancel();
    await time.pass(5_000);
    controller.tryPush(2);
    await time.pass(5_000);
    expect(callback).toHaveBeenCalledOnce();
    expect(cancelled).not.toHaveBeenCalled();
  });
});
