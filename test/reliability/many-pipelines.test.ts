import { expect, it } from 'vitest';
import { openAndShut } from './many-pipelines.ts';

const MEBIBYTE = 2 ** 20;

it('pipelines that come and go leave no memory, timer or socket behind', { timeout: 60_000 }, async () => {
  const { arrived, expected, grownBytes, openMore } = await openAndShut(900);
  expect(arrived).toBe(expected);
  expect(grownBytes).toBeLessThan(4 * MEBIBYTE);
  // The test runner has its own timers. A leaked timer per pipeline would make hundreds.
  expect(openMore).toBeLessThan(50);
});
