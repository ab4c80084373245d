import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ObjectBuffer } from '../src/index.ts';
import { resetClock } from './fake-clock.ts';
import { HeldConsumer, numbers } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
beforeEach(resetClock);

/** Gives up that many of the oldest items at a time, and does so that many times. */
class ThinningBuffer extends ObjectBuffer<number> {
  readonly asked: number[] = [];
  readonly #items: number;
  #times: number;

  constructor(items: number, times: number) {
    super(() => 10);
    this.#items = items;
    this.#times = times;
  }

  thinOut(highestLane: number): { items: number; bytes: number } {
    this.asked.push(highestLane);
    if (this.#times === 0) return { items: 0, bytes: 0 };
    this.#times -= 1;
    let bytes = 0;
    for (let item = 0; item < this.#items; item += 1) bytes += this.evict('oldest');
    return { items: this.#items, bytes };
  }
}

function thinning(strategy: 'drop_oldest' | 'drop_newest', buffer: ThinningBuffer) {
  const controller = lawfulController(new HeldConsumer<number>().flush, {
    strategy,
    buffer,
    maxBufferSize: 6,
    priorityOf: (item) => Math.floor(item / 10),
  });
  for (const item of numbers(1, 6)) controller.tryPush(item);
  return controller;
}

describe('a buffer that makes room by its own rule', () => {
  it('is asked instead of evicting the oldest item, and items given up count as sampled_out', () => {
    const buffer = new ThinningBuffer(3, 1);
    const controller = thinning('drop_oldest', buffer);
    expect(controller.tryPush(15)).toBe(true);
    expect(buffer.asked).toEqual([1]);
    expect(controller.getMetrics()).toMatchObject({ bufferSize: 4, bufferBytes: 40, eventsEvicted: 3 });
    expect(controller.getMetrics().droppedByReason).toMatchObject({ sampled_out: 3, evicted: 0 });
  });

  it('is asked again once there is no room again, and the oldest items are evicted if it has nothing more to give up', () => {
    const buffer = new ThinningBuffer(1, 1);
    const controller = thinning('drop_oldest', buffer);
    for (const item of [7, 8]) expect(controller.tryPush(item)).toBe(true);
    expect(buffer.asked).toEqual([0, 0]);
    expect(controller.getMetrics()).toMatchObject({ bufferSize: 6, bufferBytes: 60, eventsEvicted: 2 });
    expect(controller.getMetrics().droppedByReason).toMatchObject({ sampled_out: 1, evicted: 1 });
  });

  it('is not asked with drop_newest, which gives up the newest item', () => {
    const buffer = new ThinningBuffer(3, 1);
    const controller = thinning('drop_newest', buffer);
    expect(controller.tryPush(15)).toBe(true);
    expect(buffer.asked).toEqual([]);
    expect(controller.getMetrics().droppedByReason).toMatchObject({ sampled_out: 0, evicted: 1 });
  });
});
