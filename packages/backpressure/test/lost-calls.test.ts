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

describe('a controller that is started while the platform refuses calls', () => {
  beforeEach(() => {
    time.refusesCalls = true;
  });

  it.each([
    ['no time has passed', 0],
    ['the clock has jumped by decades, as in a worker', 1.8e12],
  ])('flushes once it is asked to in a request, and %s', async (_, millis) => {
    const controller = startController(delivering);
    time.refusesCalls = false;
    time.jump(millis);
    controller.tryPush(1);
    const flushed = controller.flush();
    await time.pass(0);
    expect(await flushed).toBe(true);
  });

  it('sends a full batch of a request without being asked to', async () => {
    const controller = startController(delivering, { batchSize: 2 });
    time.refusesCalls = false;
    controller.tryPush(1);
    controller.tryPush(2);
    await time.pass(0);
    expect(controller.getMetrics().eventsFlushed).toBe(2);
  });

  it('calls back once, after the whole delay, for a timer that was refused', async () => {
    const callback = vi.fn<() => void>();
    startTimer(callback, 500);
    time.refusesCalls = false;
    startController(delivering).tryPush(1);
    await time.pass(499);
    expect(callback).not.toHaveBeenCalled();
    await time.pass(5_000);
    expect(callback).toHaveBeenCalledOnce();
  });

  it('forgets a refused timer that is cancelled', async () => {
    const callback = vi.fn<() => void>();
    startTimer(callback, 500).cancel();
    time.refusesCalls = false;
    startController(delivering).tryPush(1);
    await time.pass(5_000);
    expect(callback).not.toHaveBeenCalled();
  });
});

describe('a controller whose process is frozen', () => {
  const FREEZES: [name: string, millis: number][] = [
    ['a second', 1_000],
    ['an hour', 3_600_000],
    ['a year', 31_536_000_000],
  ];

  it.each(FREEZES)('sends at once what comes after %s', async (_, millis) => {
    const controller = startController(delivering);
    controller.tryPush(1);
    const first = controller.flush();
    await time.pass(1);
    await first;
    time.jump(millis);
    controller.tryPush(2);
    const flushed = controller.flush({ timeoutMs: 100 });
    await time.pass(0);
    expect(await flushed).toBe(true);
  });

  it.each(FREEZES)('sends again what was in flight before %s, and broke with its connection', async (_, millis) => {
    let calls = 0;
    let breakConnection = (): void => {};
    const controller = startController(() => {
      calls += 1;
      if (calls > 1) return delivering();
      return new Promise((resolve) => {
        breakConnection = () => resolve({ kind: 'retry', error: new Error('ECONNRESET') });
      });
    });
    controller.tryPush(1);
    void controller.flush({ timeoutMs: 100 });
    await time.pass(1);
    time.jump(millis);
    controller.tryPush(2);
    breakConnection();
    const flushed = controller.flush({ timeoutMs: 1_000 });
    await time.pass(1_000);
    expect(await flushed).toBe(true);
    expect(controller.getMetrics()).toMatchObject({ eventsFlushed: 2, eventsDropped: 0, eventsFailed: 0 });
  });

  it.each(FREEZES)('sends after %s what an outage before it has held up', async (_, millis) => {
    let isOut = true;
    const controller = startController(async () =>
      isOut ? { kind: 'retry', error: new Error('503') } : { kind: 'delivered' },
    );
    for (let index = 0; index < 10; index += 1) {
      controller.tryPush(index);
      void controller.flush({ timeoutMs: 500 });
      await time.pass(600);
    }
    expect(controller.getMetrics().circuit).not.toBe('closed');
    isOut = false;
    time.jump(millis);
    controller.tryPush(10);
    const flushed = controller.flush({ timeoutMs: 100 });
    await time.pass(100);
    expect(await flushed).toBe(true);
    expect(controller.getMetrics()).toMatchObject({ eventsFlushed: 11, eventsDropped: 0 });
  });
});
