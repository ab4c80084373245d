import { describe, expect, it } from 'vitest';
import { type Admission, admissionTo, ObjectBuffer } from '../src/index.ts';
import { HeldConsumer } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

/** Records the admission of each item. */
class NotingBuffer extends ObjectBuffer<number> {
  readonly noted: (readonly [item: number, admission: Admission])[] = [];

  override push(item: number, admission: Admission): number {
    this.noted.push([item, admission]);
    return super.push(item, admission);
  }
}

function noting(config: Parameters<typeof lawfulController<number>>[1] = {}) {
  const buffer = new NotingBuffer();
  const consumer = new HeldConsumer<number>();
  return { consumer, buffer, controller: lawfulController(consumer.flush, { buffer, ...config }) };
}

describe('an admission', () => {
  it('reaches the buffer as it was given with the item, without a call of priorityOf', () => {
    const { buffer, controller } = noting({
      priorityOf: () => {
        throw new Error('not asked');
      },
    });
    const admission = { lane: 3, mark: { threshold: 7 } };
    controller.tryPush(1, admission);
    expect(buffer.noted).toEqual([[1, admission]]);
    expect(buffer.noted[0]?.[1]).toBe(admission);
  });

  it('stays with its item while the producer waits for room', async () => {
    const { buffer, controller, consumer } = noting({
      strategy: 'block',
      maxBufferSize: 1,
      batchSize: 1,
      maxBlockTimeMs: Infinity,
    });
    controller.tryPush(1);
    const waiting = [controller.push(2, { lane: 1, mark: 'second' }), controller.push(3, { lane: 2, mark: 'third' })];
    consumer.automatic = { kind: 'delivered' };
    controller.start();
    expect(await Promise.all(waiting)).toEqual([true, true]);
    await controller.close();
    expect(buffer.noted.slice(1)).toEqual([
      [2, { lane: 1, mark: 'second' }],
      [3, { lane: 2, mark: 'third' }],
    ]);
  });

  it('is to the lane of priorityOf if none was given', () => {
    const { buffer, controller } = noting({ priorityOf: (item) => item });
    controller.tryPush(5);
    expect(buffer.noted).toEqual([[5, { lane: 5 }]]);
  });

  it.each([
    [-1, 0],
    [31.9, 31],
    [99, 31],
    [NaN, 0],
    ['3' as unknown as number, 0],
  ])('to lane %s, which does not exist, goes to lane %s and keeps its mark', (lane, nearest) => {
    const { buffer, controller } = noting();
    controller.tryPush(1, { lane, mark: 'mine' });
    expect(buffer.noted).toEqual([[1, { lane: nearest, mark: 'mine' }]]);
    expect(admissionTo(lane)).toEqual({ lane: nearest });
  });
});
