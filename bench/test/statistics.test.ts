import { expect, it } from 'vitest';
import { medianAbove } from '../src/statistics.ts';

it('medianAbove subtracts the base round by round, so that a slow minute affects both', () => {
  expect(medianAbove([13, 103, 14], [10, 100, 10])).toBe(3);
});

it('medianAbove ignores rounds that only one of them has', () => {
  expect(medianAbove([13, 99], [10])).toBe(3);
  expect(medianAbove([13], [])).toBeUndefined();
});
