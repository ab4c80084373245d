import { describe, expect, it } from 'vitest';
import { fillQueue } from './item-sizes.ts';
import { WIRES } from '../faults/wire.ts';

const MEBIBYTE = 2 ** 20;
const LIMIT_BYTES = 4 * MEBIBYTE;

// Three times the limit is offered while the collector does not answer.
describe.each(WIRES.flatMap((wire) => (['traces', 'logs'] as const).map((signal) => ({ wire, signal }))))(
  'a queue of $signal keeps its limit in bytes, and its items are delivered over $wire,',
  ({ wire, signal }) => {
    it.each([1, 1_000, 100_000, MEBIBYTE])('if it is full of items of %i bytes', async (itemBytes) => {
      const { mostBytes, memoryBytes, held, made, givenUp, problems } = await fillQueue(
        signal,
        itemBytes,
        LIMIT_BYTES,
        wire,
      );
      expect(problems).toEqual([]);
      expect(mostBytes).toBeLessThanOrEqual(LIMIT_BYTES);
      expect(mostBytes).toBeGreaterThan(LIMIT_BYTES - 1.1 * itemBytes - 1_000);
      expect(memoryBytes).toBeLessThan(2 * LIMIT_BYTES);
      expect(made).toBe(held + givenUp);
    });
  },
);
