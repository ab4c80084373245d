import { expect, it } from 'vitest';
import { BATCH, HAND_OVERS, type LibraryName } from '../src/libraries/hand-overs.ts';
import { LibraryTurns } from '../src/libraries/library-turns.ts';

it.for(Object.keys(HAND_OVERS) as LibraryName[])(
  '%s hands every item to its consumer, in batches that are as large as allowed',
  async (name) => {
    const library = new LibraryTurns(HAND_OVERS[name]);
    for (let turn = 1; turn <= 2; turn += 1) {
      expect(await library.turn(4 * BATCH)).toMatchObject({ itemsPerSecond: expect.any(Number) });
    }
    expect(library.largestBatch).toBe(BATCH);
    expect(library.end()).toEqual([]);
  },
);
