import { describe, expect, it } from 'vitest';
import { SpentTime } from '../src/spent-time.ts';

describe('the time that a condition has held', () => {
  it('counts from the first note that it holds to the first that it does not, each time', () => {
    const spent = new SpentTime();
    expect(spent.totalMs(1_000)).toBe(0);
    spent.note(true, 1_000);
    spent.note(true, 1_200);
    expect(spent.totalMs(1_500)).toBe(500);
    spent.note(false, 2_000);
    spent.note(false, 2_500);
    expect(spent.totalMs(3_000)).toBe(1_000);
    spent.note(true, 4_000);
    expect(spent.totalMs(4_100)).toBe(1_100);
  });
});
