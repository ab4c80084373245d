import { setTimeout as passed } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Collector, type Fault, olderAfterNewer, startCollector } from '../collector/src/index.ts';
import { MEASURED_BY, MetricService, type MetricServiceOptions, POINTS_A_COLLECTION } from './metric-service.ts';
import { Service } from './service.ts';
import { urlFor, WIRES } from './wire.ts';

const INTERVAL_MILLIS = 50;
const OUTAGE_MILLIS = 10 * INTERVAL_MILLIS;

interface Outage {
  readonly name: string;
  readonly begin: () => unknown;
  readonly end: () => unknown;
}

describe.each(WIRES)('over %s,', (wire) => {
  let collector: Collector;
  let service: MetricService;

  function startService(options: Omit<MetricServiceOptions, 'url' | 'wire'>): void {
    const url = urlFor(wire, collector);
    service = new MetricService({ wire, url, exportIntervalMillis: INTERVAL_MILLIS, ...options });
  }

  beforeEach(async () => {
    collector = await startCollector({ grpc: wire === 'gRPC' });
  });

  afterEach(async () => {
    collector.setFault(undefined);
    await service.shutdown();
    await collector.close();
  });

  /** Measures orders all the while, so that every interval has some. */
  async function measureFor(millis: number): Promise<void> {
    for (const end = performance.now() + millis; performance.now() < end;) {
      service.make(7);
      service.expectLaw();
      // Points of one collection at most, whatever happens.
      const { bufferSize, inFlight } = service.metrics;
      expect(bufferSize + inFlight).toBeLessThanOrEqual(POINTS_A_COLLECTION);
      // oxlint-disable-next-line no-await-in-loop -- time passes
      await passed(5);
    }
  }

  /** Measures before, during and after a fault, and delivers everything. */
  async function goThrough(begin: () => unknown, end: () => unknown): Promise<void> {
    await measureFor(2 * INTERVAL_MILLIS);
    await service.forceFlush();
    await begin();
    await measureFor(OUTAGE_MILLIS);
    await end();
    await measureFor(2 * INTERVAL_MILLIS);
    await service.forceFlush();
  }

  function totals(): number[] {
    return MEASURED_BY.map((metric) => collector.totalOf(metric) - collector.repeatedOf(metric));
  }

  function expectEveryOrder(): void {
    expect(totals()).toEqual(MEASURED_BY.map(() => service.orders));
    expect(collector.lastValueOf('order.last')).toBe(service.orders);
    expect(olderAfterNewer(collector.dataPoints())).toEqual([]);
    expect(collector.counts().maxInFlight).toBe(1);
  }

  /** A superseded point is not lost: a newer value of its series was sent instead. */
  function expectNothingLost(): void {
    const { eventsDropped, eventsFailed, droppedByReason } = service.metrics;
    expect({ eventsDropped, eventsFailed }).toEqual({ eventsDropped: droppedByReason.superseded, eventsFailed: 0 });
  }

  const standing = (fault: Fault): Pick<Outage, 'begin' | 'end'> => ({
    begin: () => collector.setFault(fault),
    end: () => collector.setFault(undefined),
  });

  const OUTAGES: readonly Outage[] = [
    { name: 'is gone', begin: () => collector.interrupt(), end: () => collector.resume() },
    { name: 'answers 503', ...standing({ kind: 'status', code: 503 }) },
    { name: 'answers 429 with Retry-After', ...standing({ kind: 'status', code: 429, retryAfter: '0.3' }) },
    { name: 'never answers', ...standing({ kind: 'hang' }) },
    { name: 'breaks the connection', ...standing({ kind: 'reset-mid-request' }) },
  ];

  /** No request waits longer for its answer. */
  const otlp = { timeoutMillis: 200 };

  describe.each(OUTAGES)('a collector that $name for ten intervals', ({ begin, end }) => {
    it('gets delta points whose sums are exactly what was measured', async () => {
      startService({ temporality: 'delta', otlp });
      await goThrough(begin, end);
      expectEveryOrder();
      expect(MEASURED_BY.map((metric) => collector.repeatedOf(metric))).toEqual([0, 0]);
      expect(service.metrics).toMatchObject({ eventsDropped: 0, eventsFailed: 0 });
      expect(service.metrics.eventsRetried).toBeGreaterThan(0);
    });

    it('gets the right cumulative values, no point after a newer one, and superseded ones are counted', async () => {
      startService({ temporality: 'cumulative', otlp });
      await goThrough(begin, end);
      expectEveryOrder();
      expect(service.metrics.droppedByReason.superseded).toBeGreaterThan(0);
      expectNothingLost();
    });
  });

  describe.each(['delta', 'cumulative'] as const)('%s points and', (temporality) => {
    it('a collector that is slower than the interval: one request at a time, and nothing is lost', async () => {
      startService({ temporality });
      await goThrough(...between({ kind: 'latency', millis: 3 * INTERVAL_MILLIS }));
      expectEveryOrder();
      expectNothingLost();
    });

    it('a collector that limits the size of a request: a collection is sent in parts', async () => {
      startService({ temporality });
      await goThrough(...between({ kind: 'max-body', bytes: 1_000 }));
      expectEveryOrder();
      expect(collector.requests.some(({ status }) => status === 413)).toBe(true);
      expectNothingLost();
    });

    it('a collector whose answers are lost: only retried points arrive twice', async () => {
      startService({ temporality });
      await measureFor(2 * INTERVAL_MILLIS);
      collector.queueFaults({ kind: 'reset', keepsItems: true }, undefined, {
        kind: 'close-before-answer',
        keepsItems: true,
      });
      await measureFor(OUTAGE_MILLIS);
      await service.forceFlush();
      expectEveryOrder();
      expect(collector.countsOf('metrics').duplicates).toBeLessThanOrEqual(service.metrics.eventsRetried);
    });
  });

  it('a delta point whose answer is lost counts twice at the backend, and is counted as retried', async () => {
    startService({ temporality: 'delta', exportIntervalMillis: 60_000 });
    service.make(40);
    collector.queueFaults({ kind: 'reset', keepsItems: true });
    await service.forceFlush();
    expect(MEASURED_BY.map((metric) => collector.totalOf(metric))).toEqual([80, 80]);
    expect(MEASURED_BY.map((metric) => collector.repeatedOf(metric))).toEqual([40, 40]);
    expect(service.metrics).toMatchObject({
      eventsFlushed: POINTS_A_COLLECTION,
      eventsRetried: POINTS_A_COLLECTION,
    });
  });

  describe.each(['delta', 'cumulative'] as const)('a collector that fails only for metrics', (temporality) => {
    it(`gets every ${temporality} value later, although spans are delivered meanwhile, and one collection is held`, async () => {
      startService({ temporality });
      const spans = new Service('traces', { wire, url: urlFor(wire, collector) });
      const withSpans = setInterval(() => spans.make(2), 10);
      await goThrough(
        () => collector.setFault(({ path }) => (path === '/v1/metrics' ? { kind: 'status', code: 503 } : undefined)),
        () => collector.setFault(undefined),
      );
      clearInterval(withSpans);
      await spans.shutdown();
      expect(totals()).toEqual(MEASURED_BY.map(() => service.orders));
      expectNothingLost();
      expect(spans.made.length).toBe(collector.ids.size);
    });
  });

  describe('flushes that wait at the same time', () => {
    it.each(['delta', 'cumulative'] as const)('make one collection at a time of %s points', async (temporality) => {
      startService({ temporality, exportIntervalMillis: 60_000 });
      service.make(40);
      await collector.interrupt();
      // Whether they give up during the outage does not matter here.
      const flushed = Promise.allSettled(Array.from({ length: 5 }, () => service.forceFlush()));
      await measureFor(300);
      await collector.resume();
      await Promise.all([flushed, measureFor(300)]);
      await service.forceFlush();
      expectEveryOrder();
      expectNothingLost();
    });
  });

  describe('a collector that rejects some points', () => {
    it('has them counted one by one, and the sums lack exactly their values', async () => {
      startService({ temporality: 'delta', exportIntervalMillis: 60_000 });
      service.make(40);
      collector.queueFaults({ kind: 'partial-success', rejected: 3, message: 'no room' });
      await service.forceFlush();
      expect(collector.countsOf('metrics').items).toBe(POINTS_A_COLLECTION - 3);
      expect(service.metrics).toMatchObject({ eventsFlushed: POINTS_A_COLLECTION - 3, eventsFailed: 3 });

      // The last points of the request are the gauge, and the histogram of two of the routes, with 10 orders each.
      expect(totals()).toEqual([40, 20]);
      service.make(8);
      await service.forceFlush();
      expect(totals()).toEqual([48, 28]);
    });
  });

  describe('an application that ends during an outage', () => {
    it('has delivered every order if the collector comes back before the drain ends', async () => {
      startService({ temporality: 'delta' });
      await measureFor(2 * INTERVAL_MILLIS);
      await collector.interrupt();
      await measureFor(OUTAGE_MILLIS);
      const ended = service.shutdown();
      await passed(100);
      await collector.resume();
      await ended;
      expectEveryOrder();
    });

    it('says and counts what it could not deliver', async () => {
      startService({ temporality: 'delta', drainTimeoutMillis: 200 });
      service.make(40);
      await service.forceFlush();
      await collector.interrupt();
      service.make(40);
      await service.shutdown();
      expect(totals()).toEqual([40, 40]);
      expect(service.metrics.droppedByReason.drain_timeout).toBe(POINTS_A_COLLECTION);
    });
  });

  function between(fault: Fault): [begin: () => unknown, end: () => unknown] {
    const { begin, end } = standing(fault);
    return [begin, end];
  }
});
