import { now } from '@spillway/backpressure';
import { describe, expect, it } from 'vitest';
import { CollectionBuffer, WHOLE_COLLECTIONS } from '../../src/buffer/collection-buffer.ts';
import { forEachPoint } from '../../src/collected-point.ts';
import type { ResourceMetricsLike } from '../../src/index.ts';
import { collectionOf, sampleMetric, samplePoint, sampleResource } from '../sample-metrics.ts';

/** A collection of that many points. */
function collection(points: number): ResourceMetricsLike {
  return collectionOf(sampleMetric({ dataPoints: Array.from({ length: points }, () => samplePoint()) }));
}

function filled(...collections: readonly ResourceMetricsLike[]): CollectionBuffer {
  const buffer = new CollectionBuffer();
  for (const each of collections) forEachPoint(each, (point) => void buffer.push(point));
  return buffer;
}

describe('the buffer of a foreign exporter', () => {
  it('gives collections whole and in order, whatever the limits, and counts their points', () => {
    const [first, second] = [collection(3), collection(2)];
    const buffer = filled(first, second);
    expect([buffer.size, buffer.laneSize(0), buffer.laneSize(1), buffer.lowestLane]).toEqual([5, 5, 0, 0]);
    const batch = buffer.take();
    expect(batch).toBe(first);
    expect([buffer.size, buffer.countOf(batch), buffer.bytesOf()]).toEqual([2, 3, 0]);
    expect(buffer.take()).toBe(second);
    expect([buffer.size, buffer.lowestLane]).toEqual([0, Infinity]);
    expect([...WHOLE_COLLECTIONS.resourcesOf(first)]).toEqual([sampleResource]);
  });

  it('puts a collection back in its place, once, and forgets one that was released', () => {
    const [first, second] = [collection(3), collection(2)];
    const buffer = filled(first, second);
    buffer.take();
    buffer.putBack(first);
    buffer.putBack(first);
    expect(buffer.size).toBe(5);
    expect(buffer.take()).toBe(first);
    buffer.release(first);
    buffer.putBack(first);
    expect(buffer.size).toBe(2);
  });

  it('gives a collection up with the last of its points, from either end', () => {
    const [first, second] = [collection(2), collection(1)];
    const buffer = filled(first, second);
    buffer.evict('newest');
    expect(buffer.size).toBe(2);
    buffer.evict('oldest');
    expect(buffer.take()).toBe(first);
    buffer.putBack(first);
    buffer.undoPush();
    expect([buffer.size, buffer.evict('oldest')]).toEqual([0, 0]);
    expect(buffer.countOf(buffer.take())).toBe(0);
  });

  it('knows when a collection was first taken, and gives up those taken before a moment', () => {
    const buffer = filled(collection(2), collection(1));
    const before = now();
    const batch = buffer.take();
    expect(buffer.firstTakenAt(batch)).toBeGreaterThanOrEqual(before);
    buffer.putBack(batch);
    expect(buffer.evictTakenBefore(before)).toEqual({ items: 0, bytes: 0 });
    expect(buffer.evictTakenBefore(Infinity)).toEqual({ items: 2, bytes: 0 });
    expect(buffer.size).toBe(1);
  });

  it('refuses to split a collection', () => {
    expect(() => filled(collection(2)).split()).toThrow('a collection is exported whole');
  });
});
