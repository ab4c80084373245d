import { expect } from 'vitest';
import type { BackpressureController, Overflow } from '../src/index.ts';
import { expectLaw } from './accounting-law.ts';
import { HeldConsumer } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

/** Keeps batches in memory, and checks the controller's counters each time that it is asked. */
export class MemoryOverflow implements Overflow<number[]> {
  controller: BackpressureController<number> | undefined;
  readonly batches: number[][] = [];
  isFull = false;
  asked = 0;

  take(batch: number[], items: number): boolean {
    this.asked += 1;
    if (this.controller !== undefined) expectLaw(this.controller);
    expect(items).toBe(batch.length);
    if (this.isFull) return false;
    this.batches.push([...batch]);
    return true;
  }

  get items(): number[] {
    return this.batches.flat();
  }
}

type Config = NonNullable<Parameters<typeof lawfulController<number>>[1]>;

/** A controller with such an overflow, and a consumer that answers when the test says so. */
export function overflowing(config: Config = {}) {
  const overflow = new MemoryOverflow();
  const consumer = new HeldConsumer<number>();
  const controller = lawfulController(consumer.flush, { batchSize: 10, maxBufferSize: 100, overflow, ...config });
  overflow.controller = controller;
  return { overflow, consumer, controller, metrics: () => controller.getMetrics() };
}
