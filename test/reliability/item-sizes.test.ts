import { beforeAll, describe, expect, it } from 'vitest';
import { fillQueue } from './item-sizes.ts';
import { WIRES } from '../faults/wire.ts';

const MEBIBYTE = 2 ** 20;
const LIMIT_BYTES = 4 * MEBIBYTE;
/** gRPC copies what is in flight, and attempts that were just given up have left their copies. */
const MOST_TIMES_LIMIT = { HTTP: 2, gRPC: 4 };

// The first run loads and compiles code, such as that of gRPC, which must not count as memory of the first measurement.
beforeAll(async () => {
  for (const wire of WIRES) await fillQueue('traces', 100, LIMIT_BYTES, wire);
}, 60_000);

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
      expect(memoryBytes).toBeLessThan(MOST_TIMES_LIMIT[wire] * LIMIT_BYTES);
      expect(made).toBe(held + givenUp);
    });
  },
);
