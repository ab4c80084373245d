import { beforeEach, describe, expect, it, vi } from 'vitest';
import { BackpressureController, BackpressureState, BackpressureStrategy } from '../src/index.ts';
import { advance, resetClock, settle } from './fake-clock.ts';
import { HeldConsumer, numbers, retry } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
beforeEach(resetClock);

/** A controller and its changes of state, in order. */
function observed(config: Parameters<typeof lawfulController<number>>[1] = {}) {
  const consumer = new HeldConsumer<number>();
  const changes: string[] = [];
  const controller = lawfulController(consumer.flush, {
    maxBufferSize: 100,
    batchSize: 1,
    onStateChange: (state, previous) => void changes.push(`${previous} > ${state}`),
    ...config,
  });
  const fill = (count: number): void => {
    for (const item of numbers(1, count)) controller.tryPush(item);
  };
  const deliver = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 1) {
      consumer.last.answer();
      await settle();
    }
  };
  return { consumer, controller, changes, fill, deliver, state: () => controller.state };
}

describe('the published values', () => {
  it('are the strings that users know', () => {
    expect(BackpressureState).toEqual({
      NORMAL: 'normal',
      ELEVATED: 'elevated',
      CRITICAL: 'critical',
      BLOCKED: 'blocked',
      DRAINING: 'draining',
    });
    expect(BackpressureStrategy).toEqual({
      BLOCK: 'block',
      DROP_OLDEST: 'drop_oldest',
      DROP_NEWEST: 'drop_newest',
      SAMPLE: 'sample',
    });
  });
});

describe('the state', () => {
  it('rises immediately at exactly each watermark', () => {
    const { fill, state, changes } = observed();
    fill(49);
    expect(state()).toBe('normal');
    fill(1);
    expect(state()).toBe('elevated');
    fill(29);
    expect(state()).toBe('elevated');
    fill(1);
    expect(state()).toBe('critical');
    fill(19);
    expect(state()).toBe('critical');
    fill(1);
    expect(state()).toBe('blocked');
    expect(changes).toEqual(['normal > elevated', 'elevated > critical', 'critical > blocked']);
  });

  it('falls only with a little more room than there was when it rose', async () => {
    const { fill, deliver, state, changes, controller } = observed();
    fill(100);
    controller.start();
    await settle();
    await deliver(5);
    expect(state()).toBe('blocked');
    await deliver(1);
    expect(state()).toBe('critical');
    await deliver(18);
    expect(state()).toBe('critical');
    await deliver(1);
    expect(state()).toBe('elevated');
    await deliver(27);
    expect(state()).toBe('elevated');
    await deliver(1);
    expect(state()).toBe('normal');
    expect(changes.slice(3)).toEqual(['blocked > critical', 'critical > elevated', 'elevated > normal']);
  });

  it('does not flap while the buffer hovers at a watermark', async () => {
    const { fill, deliver, changes, controller } = observed();
    fill(50);
    controller.start();
    await settle();
    for (let round = 0; round < 20; round += 1) {
      await deliver(2);
      fill(2);
      await settle();
    }
    expect(changes).toEqual(['normal > elevated']);
  });

  it('counts items that are in flight or wait for a retry as held', async () => {
    const { fill, consumer, state, controller } = observed({ batchSize: 80 });
    fill(80);
    controller.start();
    await settle();
    expect(controller.getMetrics()).toMatchObject({
      bufferSize: 0,
      inFlight: 80,
      state: 'critical',
      bufferUtilization: 0.8,
    });
    consumer.last.answer(retry);
    await settle();
    expect(controller.getMetrics()).toMatchObject({ bufferSize: 80, inFlight: 0, state: 'critical' });
    await advance(100);
    consumer.last.answer();
    await settle();
    expect(state()).toBe('normal');
  });

  it('skips the states in between if one item fills the buffer', () => {
    const { fill, changes } = observed({ maxBufferSize: 1 });
    fill(1);
    expect(changes).toEqual(['normal > blocked']);
  });

  it('is draining while a drain runs, and afterwards follows how full the buffer is', async () => {
    const { fill, consumer, controller, changes, state } = observed({ batchSize: 60 });
    fill(80);
    const drain = controller.drain({ timeoutMs: 1_000 });
    await settle();
    expect(state()).toBe('draining');
    consumer.last.answer();
    await settle();
    expect(state()).toBe('draining');
    await advance(1_000);
    expect(await drain).toEqual({ flushed: 60, failed: 0, remaining: 20 });
    expect(state()).toBe('normal');
    expect(changes).toEqual(['normal > elevated', 'elevated > critical', 'critical > draining', 'draining > normal']);
  });

  it('allows items in again by the time its change from draining is reported', async () => {
    const taken: boolean[] = [];
    const { fill, consumer, controller } = observed({
      onStateChange: (state, previous) => {
        if (previous === 'draining') taken.push(controller.tryPush(7));
        if (state === 'draining') taken.push(controller.tryPush(8));
      },
    });
    fill(1);
    const drain = controller.drain();
    await settle();
    consumer.last.answer();
    await drain;
    expect(taken).toEqual([false, true]);
  });

  it('follows the worst of items, bytes and pressure', async () => {
    const { fill, controller } = observed({
      maxBufferBytes: 1_000,
      sizeOf: (item) => item,
      pressure: [{ utilization: () => 0.3 }, { utilization: () => 0.4 }],
    });
    fill(40);
    expect(controller.getMetrics()).toMatchObject({ state: 'critical', bufferUtilization: 0.82 });
    controller.start();
    await settle();
    expect(controller.getMetrics().bufferUtilization).toBe(0.82);
  });

  it('follows the worst of several pressure sources, whatever their order, and the items if they are worse', () => {
    const { fill, controller } = observed({ pressure: [{ utilization: () => 0.4 }, { utilization: () => 0.3 }] });
    controller.start();
    expect(controller.getMetrics().bufferUtilization).toBe(0.4);
    fill(60);
    expect(controller.getMetrics()).toMatchObject({ state: 'elevated', bufferUtilization: 0.6 });
  });

  it('follows pressure sources only between start and stop, on a timer', async () => {
    let pressure = 0.6;
    const utilization = vi.fn<() => number>(() => pressure);
    const { fill, controller, state } = observed({ pressure: [{ utilization }] });
    fill(10);
    expect(utilization).not.toHaveBeenCalled();
    controller.start();
    expect(state()).toBe('elevated');
    pressure = 1.5;
    fill(10);
    expect(utilization).toHaveBeenCalledOnce();
    await advance(250);
    expect(controller.getMetrics()).toMatchObject({ state: 'blocked', bufferUtilization: 1 });
    pressure = 0;
    await advance(250);
    expect(state()).toBe('normal');
    controller.stop();
    await advance(10_000);
    expect(utilization).toHaveBeenCalledTimes(3);
    controller.start();
    controller.start();
    await advance(250);
    expect(utilization).toHaveBeenCalledTimes(5);
  });

  it('ignores a pressure source that throws or returns an invalid value', async () => {
    const sources = [Number.NaN, Infinity, -1, '0.9'].map((value) => ({ utilization: () => value as number }));
    const throwing = {
      utilization: (): number => {
        throw new Error('no such file');
      },
    };
    const { controller, state } = observed({ pressure: [throwing, ...sources, { utilization: () => 0.5 }] });
    controller.start();
    expect(state()).toBe('elevated');
  });
});

describe('a callback', () => {
  it.each(['onStateChange', 'onDrop', 'onFlush'] as const)('stops nothing if it throws: %s', async (name) => {
    const callback = vi.fn<() => void>(() => {
      throw new Error('the application failed');
    });
    const { fill, consumer, controller } = observed({ [name]: callback, maxBufferSize: 10 });
    consumer.automatic = { kind: 'delivered' };
    fill(20);
    controller.start();
    await settle();
    expect(callback).toHaveBeenCalled();
    expect(controller.getMetrics()).toMatchObject({ eventsFlushed: 10, eventsEvicted: 10, state: 'normal' });
  });

  it.each(['onStateChange', 'onDrop', 'onFlush'] as const)('stops nothing if its promise rejects: %s', async (name) => {
    let calls = 0;
    // Not the audited controller, and no mock function, because both of these would handle the promise.
    const callback = async (): Promise<void> => {
      calls += 1;
      throw new Error('the application failed');
    };
    const controller = new BackpressureController<number>(async () => ({ kind: 'delivered' }), {
      [name]: callback,
      maxBufferSize: 10,
    });
    for (const item of numbers(1, 20)) controller.tryPush(item);
    controller.start();
    // An unhandled rejection would fail the run.
    await advance(100);
    expect(calls).toBeGreaterThan(0);
    expect(controller.getMetrics()).toMatchObject({ eventsFlushed: 10, eventsEvicted: 10 });
  });

  it('is told of a change of state that it causes itself', () => {
    const states: string[] = [];
    const controller = new BackpressureController<number>(async () => ({ kind: 'delivered' }), {
      maxBufferSize: 10,
      onStateChange: (state) => {
        states.push(state);
        while (controller.getMetrics().bufferSize < 8) controller.tryPush(1);
      },
    });
    for (const item of numbers(1, 5)) controller.tryPush(item);
    expect(states).toEqual(['elevated', 'critical']);
  });

  it('is not told of items that its own pushes drop, because it would go on for ever, but they are counted', () => {
    const told: string[] = [];
    const controller = new BackpressureController<number>(async () => ({ kind: 'delivered' }), {
      maxBufferSize: 1,
      strategy: 'drop_newest',
      onDrop: (reason) => {
        told.push(reason);
        controller.tryPush(3);
      },
    });
    expect([1, 2, 2].map((item) => controller.tryPush(item))).toEqual([true, false, false]);
    expect(told).toEqual(['queue_full', 'queue_full']);
    expect(controller.getMetrics().droppedByReason.queue_full).toBe(4);
  });

  it('cannot take the room that an eviction makes for another item', () => {
    const pushed: boolean[] = [];
    const controller = new BackpressureController<number>(async () => ({ kind: 'delivered' }), {
      maxBufferSize: 10,
      onDrop: () => void pushed.push(controller.tryPush(12)),
    });
    for (const item of numbers(1, 11)) controller.tryPush(item);
    expect(pushed).toEqual([false]);
    expect(controller.getMetrics()).toMatchObject({
      bufferSize: 10,
      eventsAccepted: 11,
      eventsEvicted: 1,
      eventsRefused: 1,
    });
  });

  it('may push items itself, and every item is counted', async () => {
    const { fill, consumer, controller } = observed({
      maxBufferSize: 10,
      onStateChange: (state) => void (state === 'critical' && controller.tryPush(100)),
      onFlush: ({ items }) =>
        void (items === 1 && controller.getMetrics().eventsAccepted < 50 && controller.tryPush(200)),
    });
    consumer.automatic = { kind: 'delivered' };
    fill(8);
    controller.start();
    await settle();
    expect(controller.getMetrics()).toMatchObject({ eventsOffered: 50, eventsFlushed: 50 });
  });
});
