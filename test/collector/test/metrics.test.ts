import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Collector,
  loadDefinitions,
  olderAfterNewer,
  seriesOf,
  spawnCollector,
  startCollector,
  TEMPORALITY,
} from '../src/index.ts';
import { MetricBodies } from './bodies.ts';
import { post } from './client.ts';

const PATH = { path: '/v1/metrics' };
let collector: Collector;

beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector.close());

async function send(body: Uint8Array): Promise<number> {
  return (await post(collector.url, body, PATH)).status;
}

describe('data points', () => {
  it('are returned as upstream made them, with resource, scope, metric and kind', async () => {
    const bodies = new MetricBodies('DELTA');
    bodies.meter.createCounter('orders', { unit: '{order}', description: 'taken' }).add(3, { route: '/a' });
    bodies.meter.createUpDownCounter('open').add(-2.5);
    bodies.meter.createGauge('depth').record(7);
    bodies.meter.createHistogram('duration', { advice: { explicitBucketBoundaries: [1, 10] } }).record(4);

    expect(await send(await bodies.next())).toBe(200);

    const [orders, open, depth, duration, ...others] = collector.dataPoints();
    expect(others).toEqual([]);
    expect(orders).toMatchObject({
      kind: 'sum',
      metric: { name: 'orders', unit: '{order}', description: 'taken' },
      temporality: TEMPORALITY.delta,
      isMonotonic: true,
      scope: { name: 'meter', version: '1.0.0' },
    });
    expect(orders?.resource?.attributes.map(({ key }) => key)).toContain('service.name');
    expect(seriesOf(orders!)).toBe('orders{"route":"/a"}');
    expect(open).toMatchObject({ kind: 'sum', isMonotonic: null });
    expect(depth).toMatchObject({ kind: 'gauge' });
    expect(duration).toMatchObject({ kind: 'histogram', point: { sum: 4, min: 4, max: 4, explicitBounds: [1, 10] } });
    expect(['orders', 'open', 'depth', 'duration'].map((name) => collector.lastValueOf(name))).toEqual([3, -2.5, 7, 1]);
  });

  it.each(['full', 'ids'] as const)(
    'are counted with decode: %s, in the request and for the signal',
    async (decode) => {
      await using receiver = await startCollector({ decode });
      const bodies = new MetricBodies('CUMULATIVE');
      const counter = bodies.meter.createCounter('orders');
      for (let route = 0; route < 30; route += 1) counter.add(1, { route });
      bodies.meter.createHistogram('duration').record(4);

      await post(receiver.url, await bodies.next(), PATH);

      expect(receiver.countsOf('metrics').items).toBe(31);
      expect(receiver.requests[0]).toMatchObject({ path: '/v1/metrics', items: 31, acceptedItems: 31 });
    },
  );

  it('are duplicates if a request is sent twice, but not if the next collection has the same values', async () => {
    const bodies = new MetricBodies('CUMULATIVE');
    bodies.meter.createCounter('orders').add(3);
    const first = await bodies.next();

    await send(first);
    await send(first);
    expect(collector.countsOf('metrics')).toEqual({ items: 2, unique: 1, duplicates: 1 });

    await nextMillisecond();
    await send(await bodies.next());
    expect(collector.countsOf('metrics')).toEqual({ items: 3, unique: 2, duplicates: 1 });
  });
});

describe('the total of a metric', () => {
  it('adds all delta points, also those that arrived twice', async () => {
    const bodies = new MetricBodies('DELTA');
    const counter = bodies.meter.createCounter('orders');
    counter.add(3, { route: '/a' });
    counter.add(4, { route: '/b' });
    const first = await bodies.next();
    await nextMillisecond();
    counter.add(5, { route: '/a' });

    for (const body of [first, first, await bodies.next()]) await send(body);

    expect(collector.totalOf('orders')).toBe(19);
    expect(collector.repeatedOf('orders')).toBe(7);
    expect(collector.totalOf('orders', { route: '/a' })).toBe(11);
    expect(collector.lastValueOf('orders', { route: '/a' })).toBe(5);
    expect(collector.totalOf('others')).toBe(0);
  });

  it('is of the last cumulative point of each series, and of each process that has started', async () => {
    for (let start = 0; start < 2; start += 1) {
      await nextMillisecond();
      const bodies = new MetricBodies('CUMULATIVE');
      const counter = bodies.meter.createCounter('orders');
      counter.add(3, { route: '/a' });
      counter.add(4, { route: '/b' });
      await send(await bodies.next());
      counter.add(5, { route: '/a' });
      await send(await bodies.next());
    }

    expect(collector.totalOf('orders')).toBe(24);
    expect(collector.totalOf('orders', { route: '/a' })).toBe(16);
  });

  it('counts the measurements of a histogram, and is refused for a gauge', async () => {
    const bodies = new MetricBodies('DELTA');
    const duration = bodies.meter.createHistogram('duration');
    for (const millis of [3, 4, 5]) duration.record(millis);
    bodies.meter.createGauge('depth').record(7);

    await send(await bodies.next());

    expect(collector.totalOf('duration')).toBe(3);
    expect(() => collector.totalOf('depth')).toThrow('depth is a gauge');
  });

  it('can be asked of a collector in its own process', async () => {
    await using spawned = await spawnCollector({ decode: 'ids' });
    const bodies = new MetricBodies('DELTA');
    bodies.meter.createCounter('orders').add(3, { route: '/a' });
    bodies.meter.createGauge('depth').record(7);

    await post(spawned.url, await bodies.next(), PATH);

    expect(await spawned.totalOf('orders', { route: '/a' })).toBe(3);
    expect(await spawned.repeatedOf('orders')).toBe(0);
    expect(await spawned.lastValueOf('depth')).toBe(7);
    expect(await spawned.lastValueOf('width')).toBeUndefined();
  });
});

describe('the order of arrival', () => {
  it('shows the series whose older point came after a newer one, but not a repeated point', async () => {
    const bodies = new MetricBodies('CUMULATIVE');
    const counter = bodies.meter.createCounter('orders');
    counter.add(3, { route: '/a' });
    const older = await bodies.next();
    await nextMillisecond();
    counter.add(4, { route: '/a' });
    const newer = await bodies.next();

    await send(newer);
    await send(newer);
    expect(olderAfterNewer(collector.dataPoints())).toEqual([]);

    await send(older);
    expect(collector.totalOf('orders')).toBe(7);
    expect(olderAfterNewer(collector.dataPoints())).toEqual(['orders{"route":"/a"}']);
  });
});

describe('faults', () => {
  it('partial-success: accepts all but the last points and reports that to upstream', async () => {
    const bodies = new MetricBodies('DELTA');
    const counter = bodies.meter.createCounter('orders');
    for (let route = 0; route < 5; route += 1) counter.add(10, { route });
    collector.queueFaults({ kind: 'partial-success', rejected: 2, message: 'no room' });

    const answer = await post(collector.url, await bodies.next(), PATH);

    expect(answer.status).toBe(200);
    expect(ProtobufMetricsSerializer.deserializeResponse(answer.body)).toMatchObject({
      partialSuccess: { rejectedDataPoints: 2, errorMessage: 'no room' },
    });
    expect(collector.dataPoints().map(seriesOf)).toEqual([0, 1, 2].map((route) => `orders{"route":${route}}`));
    expect(collector.totalOf('orders')).toBe(30);
    expect(collector.counts()).toMatchObject({ items: 3, rejected: 2 });
  });

  it('poison: a data point is known by its series', async () => {
    const bodies = new MetricBodies('DELTA');
    const counter = bodies.meter.createCounter('orders');
    collector.setFault({ kind: 'poison', id: 'orders{"route":"/b"}', fault: { kind: 'status', code: 400 } });

    counter.add(1, { route: '/a' });
    expect(await send(await bodies.next())).toBe(200);
    counter.add(1, { route: '/b' });
    expect(await send(await bodies.next())).toBe(400);

    expect(collector.totalOf('orders')).toBe(1);
  });

  it('an answer that was lost is known for each of its points', async () => {
    const bodies = new MetricBodies('DELTA');
    bodies.meter.createCounter('orders').add(1);
    const body = await bodies.next();
    collector.queueFaults({ kind: 'reset', keepsItems: true });

    await expect(send(body)).rejects.toThrow('ECONNRESET');
    await collector.until((now) => now.counts().inFlight === 0);
    await send(body);

    const [tally] = collector.talliesOf('metrics').values();
    expect(tally).toEqual({ unique: 1, duplicates: 1, unexplained: 0, unanswered: 1 });
  });

  it('a body that is cut gets 400', async () => {
    const bodies = new MetricBodies('DELTA');
    bodies.meter.createCounter('orders').add(1);
    const body = await bodies.next();

    expect(await send(body.subarray(0, body.length - 3))).toBe(400);
  });
});

it('finds the points of every kind of metric', async () => {
  const definitions = await loadDefinitions();
  const point = [0x0a, 0]; // a data point without fields
  const kinds = [5, 7, 9, 10, 11].map((kind) => [(kind << 3) | 2, 4, ...point, ...point]);
  const metrics = kinds.map((data) => [0x12, data.length + 3, 0x0a, 1, 0x61, ...data]).flat();
  const body = Uint8Array.from([0x0a, metrics.length + 2, 0x12, metrics.length, ...metrics]);

  expect(definitions.decodeDataPoints(body).map(({ kind }) => kind)).toEqual(
    ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'].flatMap((kind) => [kind, kind]),
  );
});

/** The SDK's times of collection have milliseconds. */
async function nextMillisecond(): Promise<void> {
  for (const now = Date.now(); Date.now() === now;) await new Promise(setImmediate);
}
