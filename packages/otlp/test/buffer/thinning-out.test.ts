import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { halvedThreshold, HIGHEST_THRESHOLD, passes, UNMARKED } from '../../src/thinning-out/threshold-mark.ts';
import type { Segment } from '../../src/buffer/segment.ts';
import { collectGarbage } from './collect-garbage.ts';
import { MarkedBuffer, type MarkedItem, type ReadItem, readItems, sharedBytesOf } from './marked-items.ts';

const KIB = 1024;
const RANDOMNESS = 2 ** 28;

/** Randomness is spread evenly but out of order: 7 919 is prime. */
function itemOf(id: number, count: number, changes: Partial<MarkedItem> = {}): MarkedItem {
  const randomness = Math.floor((((id * 7_919) % count) / count) * RANDOMNESS);
  return { id, bytes: 400, behind: 0, mark: { threshold: 1, isSaid: true, randomness }, ...changes };
}

function filled(count: number, changes: (id: number) => Partial<MarkedItem> = () => ({}), lane = 0): MarkedBuffer {
  const marked = new MarkedBuffer();
  for (let id = 0; id < count; id += 1) marked.push(itemOf(id, count, changes(id)), lane);
  return marked;
}

/** Thins out that many segments; the first ones of a lane are small. */
function thinOut({ buffer }: MarkedBuffer, segments: number): { items: number; bytes: number } {
  const rounds = Array.from({ length: segments }, () => buffer.thinOut(0));
  return {
    items: rounds.reduce((sum, { items }) => sum + items, 0),
    bytes: rounds.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

const read = ({ buffer }: MarkedBuffer) => readItems(buffer.take(Infinity, Infinity), () => 0);

describe('thinning out a segment', () => {
  it('evicts the half with the lower randomness, and the others carry the threshold that they passed', () => {
    const marked = filled(2_000);
    const { items, bytes } = thinOut(marked, 6);
    expect(bytes).toBe(items * 400);
    expect(marked.buffer).toMatchObject({ size: 2_000 - items });
    expect([marked.buffer.laneSize(0), marked.buffer.laneBytes(0)]).toEqual([2_000 - items, (2_000 - items) * 400]);

    const left = read(marked);
    const thinned = left.filter(({ threshold }) => threshold > 1);
    const threshold = halvedThreshold(1);
    expect(new Set(thinned.map((item) => item.threshold))).toEqual(new Set([threshold]));
    expect(thinned.every(({ id }) => passes(itemOf(id, 2_000).mark.randomness, threshold))).toBe(true);
    expect(items / (items + thinned.length)).toBeCloseTo(0.5, 1);
    expect(left.map(({ id }) => id)).toEqual(left.map(({ id }) => id).toSorted((a, b) => a - b));
  });

  it('begins with the oldest segment, and returns to one only when all have been thinned out as far', () => {
    const marked = filled(2_000);
    const before = marked.buffer.size;
    let rounds = 0;
    for (; marked.buffer.size > before * 0.55 && rounds < 100; rounds += 1) marked.buffer.thinOut(0);
    const thresholds = new Set(read(marked).map(({ threshold }) => threshold));
    // Halved once. The last segment is not thinned out, because its newest item may still be taken back.
    expect(thresholds).toEqual(new Set([1, halvedThreshold(1)]));
  });

  it('raises the threshold to that of sampling at present', () => {
    const marked = filled(2_000);
    marked.upperThreshold = 0xf000;
    const { items } = thinOut(marked, 6);
    expect(items).toBeGreaterThan(300);
    expect(new Set(read(marked).map(({ threshold }) => threshold))).toEqual(new Set([1, 0xf000]));
  });

  it('keeps the digits of an item that came with a higher threshold, and overwrites all digits of a lower one', () => {
    const marked = filled(2_000, (id) =>
      id % 2 === 0
        ? {
            mark: { threshold: 1, isSaid: true, randomness: RANDOMNESS - 1 },
            digits: id % 4 === 0 ? 'fff8123456789a' : '80000000000001',
          }
        : {},
    );
    thinOut(marked, 4);
    const left = read(marked).filter(({ id }) => id % 2 === 0);
    expect(new Set(left.filter(({ id }) => id % 4 === 0).map(({ digits }) => digits))).toEqual(
      new Set(['fff8123456789a']),
    );
    const others = left.filter(({ id, digits }) => id % 4 !== 0 && digits !== '80000000000001');
    expect(others.length).toBeGreaterThan(20);
    for (const { digits } of others) expect(digits).toMatch(/^[ab][0-9a-f]{3}0{10}$/);
  });

  it('keeps half of the average share of the items, so one that was sampled very strictly before costs the others nothing', () => {
    const marked = filled(2_000, (id) =>
      id % 100 === 0 ? { mark: { threshold: 1, isSaid: true, randomness: RANDOMNESS - 1 }, digits: 'ffff' } : {},
    );
    const { items } = thinOut(marked, 6);
    const left = read(marked);
    const thinned = left.filter(({ threshold }) => threshold > 1 && threshold < 0xffff);
    expect(items / (items + thinned.length)).toBeCloseTo(0.5, 1);
    expect(left.filter(({ id }) => id % 100 === 0).map(({ threshold }) => threshold)).toEqual(
      Array.from({ length: 20 }, () => 0xffff),
    );
  });

  it('makes room even if all items came with a threshold, by evicting half of them', () => {
    const marked = filled(2_000, (id) => ({
      mark: { threshold: 1, isSaid: true, randomness: Math.floor((0.9375 + ((id * 37) % 512) / 8_192) * RANDOMNESS) },
      digits: 'f000',
    }));
    const { items } = marked.buffer.thinOut(0);
    expect(items).toBeGreaterThan(0);
    expect(marked.segmentsThinnedOut).toBe(1);
    expect(new Set(read(marked).map(({ threshold }) => threshold))).toEqual(new Set([0xf000, halvedThreshold(0xf000)]));
  });

  it('evicts items that do not state their threshold like others, and writes nothing into the remaining ones', () => {
    const marked = filled(2_000, (id) => ({
      ...(id % 2 === 0 ? { mark: { ...itemOf(id, 2_000).mark, isSaid: false }, digits: '....' } : {}),
    }));
    for (let rounds = 0; marked.buffer.size > 300 && rounds < 200; rounds += 1) marked.buffer.thinOut(0);
    const left = read(marked);
    const silent = left.filter(({ id }) => id % 2 === 0);
    expect(silent.length / left.length).toBeCloseTo(0.5, 1);
    expect(silent.every(({ digits }) => digits === '')).toBe(true);
    expect(silent.filter(({ id }) => !passes(itemOf(id, 2_000).mark.randomness, 0xc000))).toEqual([]);
  });

  it('leaves items without a mark alone', () => {
    const marked = filled(2_000, (id) => (id % 2 === 0 ? { mark: UNMARKED } : {}));
    while (marked.buffer.thinOut(0).items > 0);
    const left = read(marked);
    expect(left.filter(({ id }) => id % 2 === 0)).toHaveLength(1_000);
    expect(left.filter(({ id }) => id % 2 === 0 && id < 1_600).every(({ threshold }) => threshold === 0)).toBe(true);
  });

  it('evicts nothing if no item has a mark, and nothing in a higher lane', () => {
    expect(filled(2_000, () => ({ mark: UNMARKED })).buffer.thinOut(0)).toEqual({ items: 0, bytes: 0 });
    expect(filled(2_000, undefined, 3).buffer.thinOut(2)).toEqual({ items: 0, bytes: 0 });
    expect(filled(2_000, undefined, 3).buffer.thinOut(3).items).toBeGreaterThan(0);
  });

  it('does not overwrite items in flight of a thinned segment, while the rest of it leaves and others come', () => {
    const marked = filled(12_000);
    const take = (count: number) => {
      const batch = marked.buffer.take(count, Infinity);
      return { batch, were: readItems(batch, () => 0) };
    };
    const out = Array.from({ length: 25 }, () => take(127));
    thinOut(marked, 60);
    out.push(...Array.from({ length: 25 }, () => take(37)));
    let id = 12_000;
    for (let first = out.shift(); first !== undefined; first = out.shift()) {
      marked.buffer.release(first.batch);
      for (const end = id + 1_500; id < end; id += 1) marked.push(itemOf(id, 2_000));
      for (const { batch, were } of out) expect(readItems(batch, () => 0)).toEqual(were);
    }
  });

  it('comes to an end: nothing is thinned out beyond the highest threshold', () => {
    const marked = filled(2_000);
    let rounds = 0;
    while (marked.buffer.thinOut(0).items > 0) rounds += 1;
    expect(rounds).toBeLessThan(200);
    expect(read(marked).every(({ threshold }) => threshold <= HIGHEST_THRESHOLD)).toBe(true);
  });

  it('costs no more with a larger backlog if nothing can go, because a caller gave all items the highest randomness', () => {
    const marked = filled(40_000, () => ({ mark: { threshold: 1, isSaid: true, randomness: RANDOMNESS - 1 } }));
    expect(marked.buffer.thinOut(0)).toEqual({ items: 0, bytes: 0 });
    expect(marked.segmentsThinnedOut).toBeLessThanOrEqual(32);
  });

  it('leaves items alone that were ever taken, because their bytes may be on the wire', () => {
    const marked = filled(2_000);
    const out = marked.buffer.take(1_000, Infinity);
    const before = readItems(out, () => 0);
    while (marked.buffer.thinOut(0).items > 0);
    expect(readItems(out, () => 0)).toEqual(before);
    marked.buffer.putBack(out);
    while (marked.buffer.thinOut(0).items > 0);
    expect(readItems(marked.buffer.take(1_000, Infinity), () => 0)).toEqual(before);
  });

  it('evicts the later items of a segment whose first ones are in flight, were put back, or were evicted', () => {
    const marked = filled(300);
    const { buffer } = marked;
    const [sent, back] = [buffer.take(50, Infinity), buffer.take(50, Infinity)];
    const before = readItems(sent, () => 0);
    for (let evicted = 0; evicted < 50; evicted += 1) buffer.evict('oldest');
    buffer.putBack(back);
    const { items } = thinOut(marked, 4);
    expect(items).toBeGreaterThan(50);
    expect(readItems(sent, () => 0)).toEqual(before);
    buffer.putBack(sent);
    const left = read(marked);
    expect(left.slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, id) => ({ id, threshold: 1, digits: '0001' })));
    expect(left).toHaveLength(250 - items);
    expect(
      left
        .slice(100, -1)
        .every(({ id, threshold }) => id >= 150 && threshold > 1 && passes(itemOf(id, 300).mark.randomness, threshold)),
    ).toBe(true);
  });

  it('also evicts items that come after all others were taken', () => {
    const marked = filled(100);
    const out = marked.buffer.take(100, Infinity);
    for (let id = 100; id < 200; id += 1) marked.push(itemOf(id, 200));
    expect(marked.buffer.thinOut(0).items).toBeGreaterThan(20);
    marked.buffer.release(out);
    expect(read(marked).every(({ id }) => id >= 100)).toBe(true);
  });

  it('leaves the last pushed item alone, small or large, so that it can be taken back', () => {
    for (const bytes of [400, 200 * KIB]) {
      const marked = filled(2_000);
      marked.push({ id: 9_999, bytes, behind: 0, mark: { threshold: 1, isSaid: true, randomness: 0 } });
      while (marked.buffer.thinOut(0).items > 0);
      marked.buffer.undoPush();
      expect(read(marked).some(({ id }) => id === 9_999)).toBe(false);
    }
  });

  it('gives back the memory of evicted items', () => {
    const marked = filled(40_000);
    const full = marked.buffer.memoryBytes;
    while (marked.buffer.size > 2_500) if (marked.buffer.thinOut(0).items === 0) break;
    expect(marked.buffer.size).toBeLessThan(6_000);
    // One of two neighbours may be half empty; the pool keeps 16 segments.
    expect(marked.buffer.memoryBytes).toBeLessThan(marked.buffer.size * 432 * 2 + 18 * 128 * KIB);
    expect(marked.buffer.memoryBytes).toBeLessThan(full / 2);
  });

  it('keeps no memory of sent items that could have been thinned out', async () => {
    const marked = filled(40_000);
    const segments = new Set<WeakRef<Segment>>();
    while (marked.buffer.size > 0) {
      const batch = marked.buffer.take(250, Infinity);
      for (const { segment } of batch.runs) segments.add(new WeakRef(segment));
      marked.buffer.release(batch);
    }
    // A reference that was read stays alive until the current job ends.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    expect(segments.size).toBeGreaterThan(100);
    const held = new Set([...segments].map((segment) => segment.deref()).filter((segment) => segment !== undefined));
    // The pool keeps 16 for reuse.
    expect(held.size).toBeLessThan(20);
  });

  it('needs at most 32 bytes an item besides its encoding', () => {
    const marked = filled(50_000);
    expect(marked.buffer.memoryBytes).toBeLessThan(50_000 * (400 + 32) + 128 * KIB);
  });

  it('keeps the order, bytes, counts and scopes of held items and the bytes in flight, in any sequence of calls', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('push' as const),
        count: fc.integer({ min: 1, max: 300 }),
        marked: fc.boolean(),
        behind: fc.integer({ min: 0, max: 90 }),
      }),
      fc.record({
        kind: fc.constantFrom('thinOut' as const, 'evictOldest' as const, 'evictNewest' as const, 'take' as const),
      }),
      fc.record({ kind: fc.constantFrom('putBack' as const, 'release' as const), index: fc.nat(4) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer(), (steps, seed) => {
        const marked = new MarkedBuffer();
        const behind = new Map<number, number>();
        const randomness = new Map<number, number>();
        const out: {
          readonly batch: ReturnType<MarkedBuffer['buffer']['take']>;
          readonly were: readonly ReadItem[];
        }[] = [];
        const readOf = (batch: (typeof out)[number]['batch']) => readItems(batch, (id) => behind.get(id) as number);
        let next = 0;
        let left = 0;
        let miscounted = 0;
        let random = seed >>> 0;
        for (const each of steps) {
          left = marked.buffer.size;
          if (each.kind === 'push') {
            for (let index = 0; index < each.count; index += 1, next += 1) {
              random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
              behind.set(next, each.behind);
              randomness.set(next, random >>> 4);
              const mark = each.marked ? { threshold: 1, isSaid: true, randomness: random >>> 4 } : UNMARKED;
              marked.push({ id: next, bytes: 200 + (next % 7) * 100, behind: each.behind, mark });
            }
          } else if (each.kind === 'thinOut') {
            miscounted += left - marked.buffer.thinOut(0).items - marked.buffer.size;
          } else if (each.kind === 'take') {
            const batch = marked.buffer.take(200, Infinity);
            out.push({ batch, were: readOf(batch) });
          } else if (each.kind === 'putBack' || each.kind === 'release') {
            const [one] = out.splice(each.index, 1);
            if (one !== undefined) marked.buffer[each.kind](one.batch);
          } else marked.buffer.evict(each.kind === 'evictOldest' ? 'oldest' : 'newest');
        }
        expect(miscounted).toBe(0);
        // The bytes in flight are not overwritten.
        for (const { batch, were } of out) expect(readOf(batch)).toEqual(were);
        for (const { batch } of out) marked.buffer.putBack(batch);
        const bytes = marked.buffer.laneBytes(0);
        const rest = marked.buffer.take(Infinity, Infinity);
        expect(rest.byteLength).toBe(bytes);
        const items = readOf(rest);
        expect(marked.buffer.sharedBytes).toBe(sharedBytesOf(items.map(({ id }) => id)));
        expect(items.map(({ id }) => id)).toEqual(items.map(({ id }) => id).toSorted((a, b) => a - b));
        expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
        expect(
          items.filter(({ id, threshold }) => threshold > 1 && !passes(randomness.get(id) as number, threshold)),
        ).toEqual([]);
        marked.buffer.release(rest);
        expect(marked.buffer.sharedBytes).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});

describe('the threshold that keeps half as much', () => {
  it.each([
    [0, 0x8000],
    [1, 0x8001],
    [0x8000, 0xc000],
    [0xfffe, 0xffff],
    [0xffff, 0xffff],
  ])('of %i is %i', (threshold, halved) => {
    expect(halvedThreshold(threshold)).toBe(halved);
  });
});

describe('thinning out segments that differ', () => {
  it('passes over a segment in which nothing can go, and makes room in the next one', () => {
    const marked = filled(400, (id) =>
      id < 20 ? { mark: { threshold: 1, isSaid: true, randomness: RANDOMNESS - 1 } } : {},
    );
    expect(marked.buffer.thinOut(0).items).toBeGreaterThan(0);
    expect(marked.segmentsThinnedOut).toBeGreaterThan(1);
  });

  it('gives back the memory of a segment whose items have all gone', () => {
    const marked = filled(20_000, () => ({ mark: { threshold: 1, isSaid: true, randomness: 0 } }));
    while (marked.buffer.thinOut(0).items > 0);
    expect(marked.buffer.size).toBeLessThan(400);
    // The pool keeps 16 segments, and their tables; the last one still has its newest item.
    expect(marked.buffer.memoryBytes).toBeLessThan(20 * 128 * KIB);
  });

  it('halves again exactly what is left, although small segments have been joined', () => {
    const marked = filled(4_000);
    while (marked.buffer.size > 400) if (marked.buffer.thinOut(0).items === 0) break;
    const halvings = [1];
    while (halvings.length < 10) halvings.push(halvedThreshold(halvings.at(-1) ?? 0));
    const thresholds = new Set(read(marked).map(({ threshold }) => threshold));
    expect(thresholds.size).toBeGreaterThan(1);
    expect([...thresholds].filter((threshold) => !halvings.includes(threshold))).toEqual([]);
  });
});
