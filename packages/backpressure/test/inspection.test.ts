import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type BackpressureController, MemoryBudget, type PipelineObserver } from '../src/index.ts';
import { advance, resetClock, settle } from './fake-clock.ts';
import { setRandom } from './fake-random.ts';
import { HeldConsumer, numbers, retry, throttled } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
vi.mock('../src/random.ts', () => import('./fake-random.ts'));
beforeEach(() => {
  resetClock();
  setRandom();
});

type Config = Parameters<typeof lawfulController<number>>[1];

function started(config: Config = {}) {
  const consumer = new HeldConsumer<number>();
  const controller = lawfulController(consumer.flush, { batchSize: 10, ...config });
  controller.start();
  return { consumer, controller };
}

function push(controller: BackpressureController<number>, count: number): void {
  for (const item of numbers(1, count)) controller.tryPush(item);
}

describe('an inspected controller', () => {
  it('tells since when it is in its state', async () => {
    const { controller } = started({ maxBufferSize: 100, lowWatermark: 0.5 });
    await advance(3_000);
    expect(controller.inspect().stateMs).toBe(3_000);
    push(controller, 60);
    expect([controller.state, controller.inspect().stateMs]).toEqual(['elevated', 0]);
    await advance(1_000);
    push(controller, 5);
    expect(controller.inspect().stateMs).toBe(1_000);
  });

  it('tells its watermarks, and how full each bound is', () => {
    const memoryBudget = new MemoryBudget(10_000);
    const { controller } = started({
      maxBufferSize: 100,
      maxBufferBytes: 2_000,
      sizeOf: () => 10,
      memoryBudget,
      lowWatermark: 0.4,
      highWatermark: 0.9,
      pressure: [{ utilization: () => 0.3 }],
    });
    push(controller, 20);
    expect(controller.inspect()).toMatchObject({
      lowWatermark: 0.4,
      highWatermark: 0.9,
      utilization: { items: 0.2, bytes: 0.1, budget: 0.02, pressure: 0.3 },
    });
    expect(started().controller.inspect().utilization).toEqual({ items: 0, bytes: 0, budget: undefined, pressure: 0 });
  });

  it('tells how long a throttle lasts, and then how long the backoff of a failure does', async () => {
    const { consumer, controller } = started();
    expect(controller.inspect().pause).toBeUndefined();
    push(controller, 10);
    await settle();
    consumer.last.answer(throttled(5_000));
    await settle();
    expect(controller.inspect().pause).toEqual({ kind: 'throttle', ms: 5_000 });
    await advance(2_000);
    expect(controller.inspect().pause).toEqual({ kind: 'throttle', ms: 3_000 });
    await advance(3_000);
    expect(controller.inspect().pause).toBeUndefined();
    consumer.last.answer(retry);
    await settle();
    expect(controller.inspect().pause).toEqual({ kind: 'backoff', ms: expect.closeTo(150, -2) as number });
  });

  it('does not take a turn by being inspected', async () => {
    const { consumer, controller } = started({ circuitBreaker: { failureThreshold: 1 } });
    push(controller, 10);
    await settle();
    consumer.last.answer(retry);
    await settle();
    for (let look = 0; look < 100; look += 1) controller.inspect();
    consumer.automatic = { kind: 'delivered' };
    await advance(2_000);
    expect(controller.getMetrics()).toMatchObject({ eventsFlushed: 10, circuit: 'closed' });
  });

  it('tells since when a batch in flight is held, and does not know it of objects in the queue', async () => {
    const { consumer, controller } = started({ maxConcurrentFlushes: 1 });
    expect(controller.inspect().oldestHeldMs).toBeUndefined();
    push(controller, 10);
    await settle();
    await advance(700);
    expect(controller.inspect().oldestHeldMs).toBe(700);
    push(controller, 1);
    expect(controller.inspect().oldestHeldMs).toBeUndefined();
    consumer.automatic = { kind: 'delivered' };
    consumer.last.answer();
    await advance(40_000);
    expect(controller.getMetrics().eventsFlushed).toBe(11);
  });
});

describe('an observer that is added later', () => {
  it('is told of what happens from then on, until it is removed', async () => {
    const { consumer, controller } = started();
    consumer.automatic = { kind: 'delivered' };
    const reports: unknown[] = [];
    const remove = controller.observe({ onFlush: ({ items }) => reports.push(items) });
    push(controller, 2);
    await advance(40_000);
    expect(reports).toEqual([2]);
    remove();
    push(controller, 1);
    await advance(40_000);
    expect(reports).toEqual([2]);
    expect(controller.getMetrics().eventsFlushed).toBe(3);
  });

  it.each([undefined, null, 'observer'])('is refused if it is %s', (observer) => {
    expect(() => started().controller.observe(observer as unknown as PipelineObserver)).toThrow(
      'observer must be an object',
    );
  });
});
