import { beforeEach, describe, expect, it, vi } from 'vitest';
import { advance, resetClock, settle } from './fake-clock.ts';
import { HeldConsumer, numbers } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
beforeEach(resetClock);

function sampling(config: Parameters<typeof lawfulController<number>>[1] = {}) {
  const consumer = new HeldConsumer<number>();
  const controller = lawfulController(consumer.flush, {
    strategy: 'sample',
    maxBufferSize: 100,
    batchSize: 100,
    ...config,
  });
  const kept = (items: number[]): number[] => items.filter((item) => controller.tryPush(item));
  return { consumer, controller, kept };
}

describe('strategy sample', () => {
  it('keeps everything while the state is normal', () => {
    const { controller, kept } = sampling();
    expect(kept(numbers(1, 50))).toHaveLength(50);
    expect(controller.getMetrics()).toMatchObject({ state: 'elevated', eventsDropped: 0 });
  });

  it('keeps 1 in sampleRate as soon as the state is not normal, beginning with the first item', () => {
    const { controller, kept } = sampling({ sampleRate: 5 });
    kept(numbers(1, 50));
    expect(kept(numbers(51, 70))).toEqual([51, 56, 61, 66]);
    expect(controller.getMetrics().droppedByReason.sampled_out).toBe(16);
  });

  it('never stops accepting, however many items it has refused', () => {
    const { controller, kept } = sampling({ sampleRate: 10 });
    kept(numbers(1, 50));
    for (let round = 0; round < 100; round += 1) expect(kept(numbers(1, 10))).toHaveLength(1);
    expect(controller.getMetrics().droppedByReason).toMatchObject({ sampled_out: 900, evicted: 50 });
  });

  it('keeps everything again once the state is normal', async () => {
    const { consumer, controller, kept } = sampling({ batchSize: 10 });
    kept(numbers(1, 50));
    controller.start();
    await settle();
    consumer.last.answer();
    await settle();
    expect(controller.getMetrics().state).toBe('normal');
    expect(kept(numbers(1, 5))).toHaveLength(5);
  });

  it('gives up the oldest item if the buffer is full', async () => {
    const { consumer, controller, kept } = sampling({ sampleRate: 1, maxBufferSize: 4, batchSize: 4 });
    expect(kept(numbers(1, 6))).toEqual(numbers(1, 6));
    controller.start();
    await advance(0);
    expect(consumer.last.items).toEqual([3, 4, 5, 6]);
  });

  it('refuses an item that it would keep if all held items are in flight', async () => {
    const { controller, kept } = sampling({ sampleRate: 1, maxBufferSize: 4, batchSize: 4 });
    kept(numbers(1, 4));
    controller.start();
    await advance(0);
    expect(kept([5])).toEqual([]);
    expect(controller.getMetrics()).toMatchObject({
      inFlight: 4,
      droppedByReason: { queue_full: 1, sampled_out: 0, evicted: 0 },
    });
  });

  it('goes on sampling while a pressure source is the reason for the state', async () => {
    const { controller, kept } = sampling({ sampleRate: 4, pressure: [{ utilization: () => 0.9 }] });
    controller.start();
    expect(kept(numbers(1, 8))).toEqual([1, 5]);
  });

  it('asks isSampled instead of counting, if it is given', () => {
    const isSampled = vi.fn<(item: number, rate: number) => boolean>((item) => item % 2 === 0);
    const { kept } = sampling({ isSampled, sampleRate: 7 });
    kept(numbers(1, 50));
    expect(isSampled).not.toHaveBeenCalled();
    expect(kept(numbers(51, 56))).toEqual([52, 54, 56]);
    expect(isSampled).toHaveBeenLastCalledWith(56, 7);
  });

  it('keeps an item for which isSampled throws', () => {
    const { kept } = sampling({
      isSampled: () => {
        throw new Error('no trace id');
      },
    });
    expect(kept(numbers(1, 60))).toHaveLength(60);
  });
});
