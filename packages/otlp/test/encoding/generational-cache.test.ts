import { describe, expect, it } from 'vitest';
import { GenerationalCache } from '../../src/encoding/generational-cache.ts';

const MAX_GENERATION = 10;

function filledCache(entries: number, onForgotten?: (value: { id: number }) => void) {
  const cache = new GenerationalCache<string, { id: number }>(MAX_GENERATION, onForgotten);
  for (let id = 0; id < entries; id += 1) cache.add(`${id}`, { id });
  return cache;
}

describe('GenerationalCache', () => {
  it('always finds as many entries in use as a generation has, however many others come and go', () => {
    const cache = filledCache(0);
    let added = 0;
    const use = (key: string): void => {
      if (cache.get(key) !== undefined) return;
      cache.add(key, { id: 0 });
      added += 1;
    };
    for (let round = 0; round < 20; round += 1) for (let id = 0; id < MAX_GENERATION; id += 1) use(`used ${id}`);
    expect(added).toBe(MAX_GENERATION);
    for (let other = 0; other < 1_000; other += 1) {
      cache.add(`other ${other}`, { id: other });
      expect(cache.get('used 0')).toBeDefined();
    }
  });

  it('has at most two generations', () => {
    const cache = filledCache(1_000);
    expect(cache.size).toBe(2 * MAX_GENERATION);
    for (let id = 0; id < 1_000; id += 1) cache.get(`${id}`);
    expect(cache.size).toBeLessThanOrEqual(2 * MAX_GENERATION);
  });

  it('tells once of each entry that it forgets, and of no other', () => {
    const forgotten: number[] = [];
    const cache = filledCache(2 * MAX_GENERATION, ({ id }) => forgotten.push(id));
    expect(cache.get('3')).toEqual({ id: 3 });
    expect(forgotten.toSorted((one, other) => one - other)).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9]);
    expect(cache.get('4')).toBeUndefined();
    expect(cache.get('3')).toEqual({ id: 3 });
  });
});
