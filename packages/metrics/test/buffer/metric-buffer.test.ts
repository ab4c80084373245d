import { admissionTo, now } from '@spillway/backpressure';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { collectGarbage } from '../../../otlp/test/buffer/collect-garbage.ts';
import { type MetricBatch, MetricBuffer } from '../../src/buffer/metric-buffer.ts';
import { forEachPoint } from '../../src/collected-point.ts';
import { AGGREGATION_TEMPORALITY, type MetricDataLike, type ResourceMetricsLike } from '../../src/metric-data.ts';
import { decodeRequest, metricsOf, pointsOf } from '../decode-request.ts';
import { collectedPoint, collectionOf, sampleMetric, samplePoint } from '../sample-metrics.ts';

const LANE = admissionTo(0);

function pushAll(buffer: MetricBuffer, collection: ResourceMetricsLike): void {
  forEachPoint(collection, (point) => void buffer.push(point, LANE));
}

/** A counter with points of these values. */
function counter(name: string, ...values: number[]): MetricDataLike {
  return sampleMetric({
    descriptor: { name, valueType: 0 },
    dataPoints: values.map((value) => samplePoint({ value })),
  });
}

function valuesOf(buffer: MetricBuffer, batch: MetricBatch): number[] {
  return pointsOf(decodeRequest(buffer.assembleRequest(batch))).map(({ asInt }) => Number(asInt));
}

/** A collection of `metrics` metrics with as many points each. */
function gridOf(metrics: number, points: number): ResourceMetricsLike {
  const values = Array.from({ length: points }, (_, index) => index);
  return collectionOf(...Array.from({ length: metrics }, (_, index) => counter(`metric ${index}`, ...values)));
}

describe('a request of MetricBuffer', () => {
  it('has one header for the points of a metric that come one after the other', () => {
    const buffer = new MetricBuffer();
    pushAll(buffer, collectionOf(counter('a', 1, 2, 3), counter('b', 4), counter('c', 5, 6)));
    const [first, rest] = [buffer.take(2, Infinity), buffer.take(10, Infinity)].map((batch) =>
      metricsOf(decodeRequest(buffer.assembleRequest(batch))).map(({ name, sum }) => [name, sum?.dataPoints?.length]),
    );
    expect(first).toEqual([['a', 2]]);
    expect(rest).toEqual([
      ['a', 1],
      ['b', 1],
      ['c', 2],
    ]);
  });

  it('keeps two metrics of the same name apart, as they were collected', () => {
    const buffer = new MetricBuffer();
    pushAll(buffer, collectionOf(counter('a', 1), counter('a', 2)));
    const request = decodeRequest(buffer.assembleRequest(buffer.take(10, Infinity)));
    expect(metricsOf(request).map(({ name }) => name)).toEqual(['a', 'a']);
  });

  it('never mixes two collections, whatever is put back, released, split or evicted', () => {
    const steps = fc.array(fc.tuple(fc.nat(5), fc.nat(9)), { maxLength: 40 });
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 4 }), steps, (sizes, chosen) => {
        const buffer = new MetricBuffer();
        sizes.forEach((size, collection) =>
          pushAll(
            buffer,
            collectionOf(counter('a', ...Array.from({ length: size }, (_, index) => collection * 100 + index))),
          ),
        );
        const out: MetricBatch[] = [];
        const check = (batch: MetricBatch): void => {
          const values = valuesOf(buffer, batch);
          expect(new Set(values.map((value) => Math.floor(value / 100))).size).toBeLessThanOrEqual(1);
          expect(values).toEqual(values.toSorted((a, b) => a - b));
        };
        for (const [step, choice] of chosen) {
          const [batch] = step < 2 ? [] : out.splice(choice % Math.max(out.length, 1), 1);
          if (step === 0) out.push(buffer.take(choice, Infinity));
          else if (step === 1) buffer.evict(choice % 2 === 0 ? 'oldest' : 'newest');
          else if (batch === undefined) continue;
          else if (step === 2) buffer.putBack(batch);
          else if (step === 3) buffer.release(batch);
          else if (buffer.countOf(batch) > 1) out.push(...buffer.split(batch));
          else out.push(batch);
          out.forEach(check);
        }
        for (const batch of out) buffer.putBack(batch);
        let last = -1;
        while (buffer.size > 0) {
          const batch = buffer.take(3, Infinity);
          check(batch);
          const [first = Infinity] = valuesOf(buffer, batch);
          expect(first).toBeGreaterThan(last);
          last = first;
          buffer.release(batch);
        }
        expect(buffer.sharedBytes).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it('of an earlier collection is unchanged while the next one comes in and leaves', () => {
    const buffer = new MetricBuffer();
    pushAll(buffer, collectionOf(counter('a', 1, 2, 3)));
    const batch = buffer.take(10, Infinity);
    const request = buffer.assembleRequest(batch);
    for (let round = 0; round < 20; round += 1) {
      pushAll(buffer, gridOf(20, 20));
      while (buffer.size > 0) buffer.release(buffer.take(100, Infinity));
    }
    expect(pointsOf(decodeRequest(request)).map(({ asInt }) => asInt)).toEqual(['1', '2', '3']);
  });

  it('has the attributes that its resource has by then', () => {
    const resource = { attributes: { 'service.name': 'early' }, asyncAttributesPending: true };
    const buffer = new MetricBuffer();
    pushAll(buffer, { resource, scopeMetrics: collectionOf(counter('a', 1), counter('b', 2)).scopeMetrics });
    const batch = buffer.take(10, Infinity);
    expect(buffer.pendingResources(batch)).toEqual([resource]);
    resource.attributes['service.name'] = 'late';
    resource.asyncAttributesPending = false;
    expect(buffer.pendingResources(batch)).toEqual([]);
    expect(decodeRequest(buffer.assembleRequest(batch)).resourceMetrics).toMatchObject([
      { resource: { attributes: [{ key: 'service.name', value: { stringValue: 'late' } }] } },
    ]);
  });
});

describe('MetricBuffer', () => {
  it('takes a whole collection before the next one', () => {
    const buffer = new MetricBuffer();
    pushAll(buffer, collectionOf(counter('a', 1, 2, 3)));
    pushAll(buffer, collectionOf(counter('a', 4, 5)));
    const batches = [buffer.take(2, Infinity), buffer.take(10, Infinity), buffer.take(10, Infinity)];
    expect(batches.map((batch) => valuesOf(buffer, batch))).toEqual([[1, 2], [3], [4, 5]]);
    buffer.putBack(batches[2] as MetricBatch);
    buffer.putBack(batches[0] as MetricBatch);
    expect(valuesOf(buffer, buffer.take(10, Infinity))).toEqual([1, 2]);
  });

  it('evicts the oldest point of the first collection, and the newest of the last', () => {
    const buffer = new MetricBuffer();
    pushAll(buffer, collectionOf(counter('a', 1, 2)));
    pushAll(buffer, collectionOf(counter('a', 3, 4)));
    buffer.evict('oldest');
    buffer.evict('newest');
    expect(buffer.size).toBe(2);
    expect(valuesOf(buffer, buffer.take(10, Infinity))).toEqual([2]);
    expect(valuesOf(buffer, buffer.take(10, Infinity))).toEqual([3]);
  });

  it('counts the header of a metric once, from its first point until the last point of the collection has left', () => {
    const buffer = new MetricBuffer();
    const description = 'x'.repeat(1_000);
    const metric = sampleMetric({
      descriptor: { name: 'a', description },
      dataPoints: Array.from({ length: 50 }, () => samplePoint()),
    });
    pushAll(buffer, collectionOf(metric));
    expect(buffer.sharedBytes).toBeGreaterThan(1_000);
    expect(buffer.sharedBytes).toBeLessThan(2_000);
    const batch = buffer.take(49, Infinity);
    buffer.evict('oldest');
    expect(buffer.sharedBytes).toBeGreaterThan(1_000);
    buffer.release(batch);
    expect(buffer.sharedBytes).toBe(0);
  });

  it('has nothing of a point that cannot be encoded, nor of its metric', () => {
    const buffer = new MetricBuffer();
    const point = samplePoint({ value: 'five' as never });
    for (let push = 0; push < 100; push += 1) {
      expect(() => buffer.push(collectedPoint({ collection: {}, point }), LANE)).toThrow('a value is a number');
    }
    expect([buffer.size, buffer.laneBytes(0), buffer.sharedBytes]).toEqual([0, 0, 0]);
    expect(buffer.memoryBytes).toBeLessThan(16 * 1024);
  });

  it('refuses a point without a resource or a scope', () => {
    const buffer = new MetricBuffer();
    expect(() => buffer.push(collectedPoint({ resource: undefined as never }), LANE)).toThrow('no resource');
    expect(() => buffer.push(collectedPoint({ scope: undefined as never }), LANE)).toThrow('no instrumentation scope');
    expect(() => buffer.push(collectedPoint({ metric: undefined as never }), LANE)).toThrow('reading the metric');
    expect([buffer.size, buffer.sharedBytes]).toEqual([0, 0]);
  });

  it('is unharmed by a getter of a point that offers points, or takes and evicts everything', () => {
    const buffer = new MetricBuffer();
    const errors: unknown[] = [];
    const hostile = samplePoint({
      value: 7,
      attributes: {
        get push(): string {
          try {
            buffer.push(collectedPoint({ collection: {} }), LANE);
          } catch (error) {
            errors.push((error as Error).message);
          }
          return 'pushed';
        },
        get empty(): string {
          buffer.release(buffer.take(1, Infinity));
          while (buffer.size > 0) buffer.evict('oldest');
          return 'emptied';
        },
      },
    });
    for (const before of [0, 3]) {
      pushAll(
        buffer,
        collectionOf(sampleMetric({ dataPoints: [...Array.from({ length: before }, () => samplePoint()), hostile] })),
      );
      pushAll(buffer, collectionOf(counter('b', 8)));
      expect(valuesOf(buffer, buffer.take(10, Infinity))).toEqual([7]);
      expect(valuesOf(buffer, buffer.take(10, Infinity))).toEqual([8]);
    }
    expect(errors).toEqual(
      Array.from({ length: errors.length }, () => expect.stringContaining('while another one is being encoded')),
    );
  });

  it('keeps the bytes of a point although one of its getters offers a point of another collection', () => {
    const buffer = new MetricBuffer();
    const collection = {};
    const nested = (): string => {
      expect(() => buffer.push(collectedPoint({ collection: {} }), LANE)).toThrow('while another one is being encoded');
      return 'refused';
    };
    // Afterwards the open segment is empty and of the size that is used again.
    const point = samplePoint({ attributes: { fill: 'x'.repeat(1_000) } });
    for (let id = 0; id < 400; id += 1) buffer.push(collectedPoint({ collection, point }), LANE);
    while (buffer.size > 0) buffer.evict('oldest');
    const hostile = samplePoint({
      value: 7,
      attributes: {
        get nested(): string {
          return nested();
        },
      },
    });
    buffer.push(collectedPoint({ collection, point: hostile }), LANE);
    pushAll(buffer, gridOf(10, 1_000));
    expect(valuesOf(buffer, buffer.take(10, Infinity))).toEqual([7]);
  });

  it('is unharmed by a getter of a metric that releases everything', () => {
    const buffer = new MetricBuffer();
    const hostile = {
      ...counter('b', 2, 3),
      get descriptor(): MetricDataLike['descriptor'] {
        while (buffer.size > 0) buffer.evict('oldest');
        return { name: 'hostile', valueType: 0 };
      },
    };
    pushAll(buffer, collectionOf(counter('a', 1), hostile));
    // The descriptor is read again for each point.
    const batch = buffer.take(10, Infinity);
    expect(valuesOf(buffer, batch)).toEqual([3]);
    buffer.release(batch);
    expect(buffer.sharedBytes).toBe(0);
  });

  it('takes a limit of bytes from 1', () => {
    expect(() => new MetricBuffer({ maxItemBytes: 0 })).toThrow('maxItemBytes must be at least 1, got 0');
    expect(() => new MetricBuffer({ maxItemBytes: Number.NaN })).toThrow('maxItemBytes must be at least 1, got NaN');
  });
});

describe('the memory of MetricBuffer', () => {
  it('is the encoded size, headers included, and little more', () => {
    const buffer = new MetricBuffer();
    pushAll(buffer, gridOf(200, 100));
    const counted = buffer.laneBytes(0) + buffer.sharedBytes;
    expect(buffer.memoryBytes).toBeGreaterThan(counted);
    expect(buffer.memoryBytes).toBeLessThan(counted + 20_000 * 32 + 128 * 1024);
  });

  it('does not grow with the number of collections that have left', () => {
    const buffer = new MetricBuffer();
    const cycle = (): void => {
      pushAll(buffer, gridOf(20, 50));
      while (buffer.size > 0) buffer.release(buffer.take(100, Infinity));
    };
    for (let collection = 0; collection < 5; collection += 1) cycle();
    const before = buffer.memoryBytes;
    for (let collection = 0; collection < 50; collection += 1) cycle();
    expect(buffer.memoryBytes).toBeLessThanOrEqual(before + 128 * 1024);
    expect(buffer.sharedBytes).toBe(0);
  });

  it('does not grow if one collection supersedes the other for ever', () => {
    const buffer = new MetricBuffer();
    const sizes: number[] = [];
    for (let collection = 0; collection < 60; collection += 1) {
      while (buffer.size > 0) buffer.evict('oldest');
      pushAll(buffer, gridOf(20, 50));
      buffer.putBack(buffer.take(400, Infinity));
      sizes.push(buffer.memoryBytes);
    }
    expect(Math.max(...sizes.slice(10))).toBeLessThanOrEqual(Math.max(...sizes.slice(0, 10)));
    expect(buffer.size).toBe(1_000);
  });

  it('keeps nothing of what was collected once it has been taken, even if it is put back', async () => {
    const buffer = new MetricBuffer();
    const metrics = pushAndForget(buffer);
    buffer.putBack(buffer.take(1, Infinity));
    // A reference that was read in this turn is kept until its end.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    expect(metrics.filter((metric) => metric.deref() !== undefined)).toEqual([]);
    expect(buffer.size).toBe(25);
  });
});

function pushAndForget(buffer: MetricBuffer): WeakRef<MetricDataLike>[] {
  const collection = gridOf(5, 5);
  pushAll(buffer, collection);
  return collection.scopeMetrics.flatMap(({ metrics }) => metrics.map((metric) => new WeakRef(metric)));
}

describe('a batch of MetricBuffer', () => {
  const deltas = sampleMetric({ aggregationTemporality: AGGREGATION_TEMPORALITY.DELTA });
  const replacement = (...metrics: readonly MetricDataLike[]): object | undefined => {
    const buffer = new MetricBuffer();
    pushAll(buffer, collectionOf(...metrics));
    return buffer.replacementOf(buffer.take(1, Infinity));
  };

  it('replaces earlier ones if its whole collection is cumulative', () => {
    expect(replacement(counter('a', 1, 2))).toBeTypeOf('object');
    expect(replacement(counter('a', 1), deltas)).toBeUndefined();
    expect(new MetricBuffer().replacementOf(new MetricBuffer().take(1, Infinity))).toBeUndefined();
  });

  it('is as old as the oldest collection that has points', () => {
    vi.useFakeTimers({ toFake: ['performance', 'Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const buffer = new MetricBuffer();
    expect(buffer.oldestQueuedAt).toBeUndefined();
    const times = [1, 2].map((value) => {
      vi.advanceTimersByTime(1_000);
      pushAll(buffer, collectionOf(counter('a', value)));
      return now();
    });
    expect(buffer.oldestQueuedAt).toBe(times[0]);
    buffer.release(buffer.take(1, Infinity));
    expect(buffer.oldestQueuedAt).toBe(times[1]);
    buffer.release(buffer.take(1, Infinity));
    expect(buffer.oldestQueuedAt).toBeUndefined();
  });
});
