import { expect, it } from 'vitest';
import { measureHugeItem } from './huge-item.ts';

it.each(['traces', 'logs'] as const)(
  'an item nearly as large as the queue is refused, and no other item is given up for it (%s)',
  async (signal) => {
    const { problems } = await measureHugeItem(signal, { hugeBytes: 7_500_000, maxQueueBytes: 8 * 2 ** 20, held: 300 });
    expect(problems).toEqual([]);
  },
);
