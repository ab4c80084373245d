import { expect, it } from 'vitest';
import { openAndShut } from './many-pipelines.ts';
import { WIRES } from '../faults/wire.ts';

const MEBIBYTE = 2 ** 20;

it.each(WIRES)(
  'pipelines that come and go leave no memory, timer or socket behind (%s)',
  { timeout: 60_000 },
  async (wire) => {
    const { arrived, expected, grownBytes, openMore } = await openAndShut(900, wire);
    expect(arrived).toBe(expected);
    expect(grownBytes).toBeLessThan(4 * MEBIBYTE);
    // The test runner has its own timers. A leaked timer per pipeline would make hundreds.
    expect(openMore).toBeLessThan(50);
  },
);
