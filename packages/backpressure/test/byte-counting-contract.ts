import { beforeEach, describe, expect, it } from 'vitest';
import { admissionTo } from '../src/index.ts';
import { type BatchBufferSubject, describeBatchBuffer } from './batch-buffer-contract.ts';

interface ByteCountingSubject<Item, Batch> extends BatchBufferSubject<Item, Batch> {
  /** An item whose push throws an error that says `unencodable`. */
  readonly unencodable: Item;
}

/** What every batch buffer must do that counts bytes, in addition to the rest. */
export function describeByteCountingBuffer<Item, Batch>(
  name: string,
  create: () => ByteCountingSubject<Item, Batch>,
): void {
  describeBatchBuffer(name, create);

  describe(`${name} as a buffer that counts bytes`, () => {
    let subject: ByteCountingSubject<Item, Batch>;
    beforeEach(() => void (subject = create()));
    const push = (id: number, lane = 0, bytes = 50) =>
      subject.buffer.push(subject.itemOf(id, bytes), admissionTo(lane));
    const takeIds = (maxItems = Infinity, maxBytes = Infinity) =>
      subject.idsOf(subject.buffer.take(maxItems, maxBytes));

    it('takes as many items as fit the limit of bytes, and one item less if the limit is one byte lower', () => {
      const { buffer } = subject;
      const sizes = [70, 30, 200, 40, 100].map((bytes, id) => push(id, 0, bytes));
      const firstThree = (sizes[0] as number) + (sizes[1] as number) + (sizes[2] as number);
      const batch = buffer.take(10, firstThree);
      expect(subject.idsOf(batch)).toEqual([0, 1, 2]);
      expect([buffer.countOf(batch), buffer.bytesOf(batch)]).toEqual([3, firstThree]);
      buffer.putBack(batch);
      expect(takeIds(10, firstThree - 1)).toEqual([0, 1]);
    });

    it('stops at the first item that does not fit, even if a later one or one of a lower lane would', () => {
      push(0, 1, 50);
      push(1, 1, 500);
      push(2, 1, 50);
      push(3, 0, 50);
      expect(takeIds(10, 200)).toEqual([0]);
    });

    it('is unchanged if an item cannot be encoded', () => {
      const { buffer, unencodable } = subject;
      const pushUnencodable = (lane: number) => () => buffer.push(unencodable, admissionTo(lane));
      push(0);
      expect(pushUnencodable(0)).toThrow('unencodable');
      expect(pushUnencodable(4)).toThrow('unencodable');
      expect([buffer.size, buffer.laneSize(4), buffer.lowestLane]).toEqual([1, 0, 0]);
      push(1);
      expect(takeIds()).toEqual([0, 1]);
    });
  });
}
