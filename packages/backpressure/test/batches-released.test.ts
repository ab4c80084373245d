import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ObjectBuffer } from '../src/index.ts';
import { advance, resetClock, settle } from './fake-clock.ts';
import { delivered, HeldConsumer, numbers, refused, retry, tooLarge } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
vi.mock('../src/random.ts', () => import('./fake-random.ts'));
beforeEach(resetClock);

/** A buffer that knows which batches are out. */
class LendingBuffer extends ObjectBuffer<number> {
  readonly out = new Set<number[]>();

  override take(maxItems: number, maxBytes: number): number[] {
    const batch = super.take(maxItems, maxBytes);
    this.out.add(batch);
    return batch;
  }

  override putBack(batch: number[]): void {
    super.putBack(batch);
    this.out.delete(batch);
  }

  override release(batch: number[]): void {
    super.release(batch);
    this.out.delete(batch);
  }
}

/** Three batches. The first one is in flight. */
async function lending() {
  const buffer = new LendingBuffer();
  const consumer = new HeldConsumer<number>();
  const controller = lawfulController(consumer.flush, { batchSize: 4, buffer });
  controller.start();
  for (const item of numbers(1, 12)) controller.tryPush(item);
  await settle();
  expect(buffer.out.size).toBe(1);
  return { buffer, consumer, controller };
}

describe('the memory of a batch', () => {
  it.each([
    ['delivered', delivered],
    ['rejected for good', refused],
    ['too large, and halved', tooLarge],
    ['failed, and sent again', retry],
  ])('may be used again once the batch is %s', async (_, outcome) => {
    const { buffer, consumer, controller } = await lending();
    consumer.automatic = delivered;
    consumer.last.answer(outcome);
    await advance(1_000);
    expect(controller.getMetrics()).toMatchObject({ bufferSize: 0, inFlight: 0 });
    expect(buffer.out.size).toBe(0);
  });

  it('may be used again once the batch is given up at a close', async () => {
    const { buffer, controller } = await lending();
    void controller.close({ timeoutMs: 10 });
    await advance(10);
    expect(buffer.out.size).toBe(0);
  });

  it('may be used again once the batch is handed over, whether it was taken or not', async () => {
    const { buffer, controller } = await lending();
    const answers = [true, false, true];
    controller.handOver(() => answers.shift() === true);
    expect(buffer.out.size).toBe(0);
  });
});
