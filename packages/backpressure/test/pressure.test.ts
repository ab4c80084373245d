import { beforeEach, describe, expect, it, vi } from 'vitest';
import { BackpressureController, ObjectBuffer, type PressureSource } from '../src/index.ts';
import { collectGarbage } from './collect-garbage.ts';
import { advance, resetClock, runningTimers, settle } from './fake-clock.ts';
import { delivered, HeldConsumer } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
beforeEach(resetClock);

const LIMIT_BYTES = 3_200;

const full = (kind: 'heap' | 'process'): PressureSource => ({
  utilization: () => 1,
  memory: { kind, limitBytes: LIMIT_BYTES },
});

/** Keeps its items off the heap, so that giving them up does not relieve the heap, except for what they share. */
class OffHeapBuffer extends ObjectBuffer<number> {
  readonly isOffHeap = true;
  sharedBytes = 0;
}

/** Each item is its own size. A 32nd of the memory under pressure is 100 bytes. */
async function pressed(source: PressureSource, config: Parameters<typeof lawfulController<number>>[1] = {}) {
  const consumer = new HeldConsumer<number>();
  const controller = lawfulController(consumer.flush, {
    pressure: [source],
    sizeOf: (item) => item,
    batchSize: 10,
    ...config,
  });
  controller.start();
  await settle();
  const utilizationWith = async (...items: readonly number[]): Promise<number> => {
    for (const item of items) controller.tryPush(item);
    await advance(250);
    return controller.getMetrics().bufferUtilization;
  };
  return { controller, consumer, utilizationWith };
}

describe('pressure', () => {
  it.each(['heap', 'process'] as const)(
    'of %s memory counts as far as giving up held items would relieve it',
    async (kind) => {
      const { controller, consumer, utilizationWith } = await pressed(full(kind));
      expect(controller.state).toBe('normal');
      expect(await utilizationWith()).toBe(0);
      expect(await utilizationWith(1)).toBeCloseTo(0.01);
      expect(controller.state).toBe('normal');
      expect(await utilizationWith(49)).toBeCloseTo(0.5);
      expect(controller.state).toBe('elevated');
      expect(await utilizationWith(50, 1_000)).toBe(1);
      expect(controller.state).toBe('blocked');
      consumer.automatic = delivered;
      for (const flush of consumer.open) flush.answer();
      expect(await utilizationWith()).toBe(0);
      expect(controller.state).toBe('normal');
    },
  );

  it('of the heap does not count items that are kept off it, only the shared bytes of the buffer', async () => {
    const buffer = new OffHeapBuffer((item) => item);
    const { utilizationWith } = await pressed(full('heap'), { buffer });
    expect(await utilizationWith(1_000)).toBeLessThan(0.01);
    buffer.sharedBytes = 50;
    expect(await utilizationWith(1)).toBeCloseTo(0.5);
  });

  it('of the whole process counts items that are kept off the heap', async () => {
    const { utilizationWith } = await pressed(full('process'), { buffer: new OffHeapBuffer((item) => item) });
    expect(await utilizationWith(50)).toBeCloseTo(0.5);
  });

  it('counts in full if it is not memory, or if the size of items is unknown', async () => {
    const { controller } = await pressed({ utilization: () => 0.9 });
    expect(controller.getMetrics()).toMatchObject({ state: 'critical', bufferUtilization: 0.9 });
    const unknown = new BackpressureController<number>(async () => delivered, { pressure: [full('heap')] });
    unknown.start();
    expect(unknown.getMetrics().bufferUtilization).toBe(1);
    unknown.stop();
  });

  it('follows the worst source', async () => {
    const { utilizationWith } = await pressed(
      { utilization: () => 0.3 },
      { pressure: [{ utilization: () => 0.3 }, full('heap'), { utilization: () => 0.2 }] },
    );
    expect(await utilizationWith(20)).toBeCloseTo(0.3);
    expect(await utilizationWith(20)).toBeCloseTo(0.4);
  });

  it('of a memory without a size is refused when the controller is made', () => {
    const pressure = [{ utilization: () => 0, memory: { kind: 'heap' as const, limitBytes: 0 } }];
    expect(() => new BackpressureController<number>(async () => delivered, { pressure })).toThrow(
      'limitBytes of a pressure source',
    );
  });

  it('is no longer read once the controller is abandoned, and does not keep it alive', async () => {
    const source = { utilization: vi.fn<() => number>(() => 0.1) };
    const dropped = new WeakRef(started(source));
    await advance(1_000);
    expect(source.utilization).toHaveBeenCalledTimes(5);
    for (let turn = 0; turn < 10 && dropped.deref() !== undefined; turn += 1) {
      await settle();
      collectGarbage();
    }
    expect(dropped.deref()).toBeUndefined();
    await advance(1_000);
    expect(source.utilization).toHaveBeenCalledTimes(5);
    expect(runningTimers()).toBe(0);
  });
});

function started(source: PressureSource): BackpressureController<number> {
  const controller = new BackpressureController<number>(async () => delivered, { pressure: [source] });
  controller.start();
  return controller;
}
