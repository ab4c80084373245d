import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Collector, type EventSignal, startCollector } from '../collector/src/index.ts';
import { MEASURED_BY, MetricService } from './metric-service.ts';
import { Service, type ServiceOptions } from './service.ts';

const SIGNALS = [
  { signal: 'traces', items: 'spans' },
  { signal: 'logs', items: 'log records' },
] as const;

/** Requests that were sent before the answer came may arrive for this long. */
const IN_FLIGHT_MILLIS = 300;

let collector: Collector;
const services: Service[] = [];

function startService(signal: EventSignal, { otlp, ...options }: Partial<ServiceOptions> = {}): Service {
  const service = new Service(signal, {
    url: collector.url,
    otlp: { protocol: 'grpc', url: collector.grpcUrl, ...otlp },
    ...options,
  });
  services.push(service);
  return service;
}

beforeEach(async () => {
  collector = await startCollector({ grpc: true });
});

afterEach(async () => {
  collector.setFault(undefined);
  await Promise.all(services.splice(0).map((service) => service.shutdown()));
  await collector.close();
});

function expectDelivered(service: Service, times: 'once' | 'at least once' = 'once'): void {
  const ids = collector.idsOf(service.signal);
  const isWrong = (id: string) => (times === 'once' ? ids.get(id) !== 1 : ids.get(id) === undefined);
  expect(service.made.filter(isWrong)).toEqual([]);
}

const uniqueOf = (signal: EventSignal) => collector.countsOf(signal).unique;

describe.each(SIGNALS)('over gRPC, $items and', ({ signal }) => {
  it.each(['none', 'gzip'] as const)('a collector that answers get along (compression: %s)', async (compression) => {
    const service = startService(signal, { otlp: { compression } });
    service.make(2_000);
    await service.forceFlush();
    expectDelivered(service);
  });

  it.each([429, 503])('a collector that throttles with %i: no request comes for as long as it says', async (code) => {
    const service = startService(signal, { maxExportBatchSize: 10 });
    service.make(100);
    await service.forceFlush();
    const before = collector.requests.length;

    collector.queueFaults({ kind: 'status', code, retryAfter: '1' });
    service.make(200);
    await collector.until(() => uniqueOf(signal) === 300);
    const throttled = collector.requests.findIndex(({ status }) => status === code);
    const answeredAt = collector.requests[throttled]?.answeredAt ?? 0;
    const later = collector.requests.slice(before).filter(({ at }) => at > answeredAt + IN_FLIGHT_MILLIS);
    expect(Math.min(...later.map(({ at }) => at)) - answeredAt).toBeGreaterThanOrEqual(950);
    expectDelivered(service);
  });

  it('a collector with a limit on the size of a request: batches are halved, and the limit is remembered', async () => {
    collector.setFault({ kind: 'max-body', bytes: 4_000 });
    const service = startService(signal, { maxExportBatchSize: 200 });
    service.make(200);
    await service.forceFlush();
    expectDelivered(service);
    const refused = collector.requests.filter(({ status }) => status === 413).length;
    expect(refused).toBeGreaterThan(0);

    service.make(400);
    await service.forceFlush();
    expectDelivered(service);
    expect(collector.requests.filter(({ status }) => status === 413)).toHaveLength(refused);
  });

  it('a collector that rejects a part of a batch: that part counts as rejected', async () => {
    collector.queueFaults({ kind: 'partial-success', rejected: 3, message: 'no such tenant' });
    const service = startService(signal);
    service.make(10);
    await service.forceFlush();
    expect(uniqueOf(signal)).toBe(7);
    expect(service.processor.getMetrics()).toMatchObject({ eventsFlushed: 7, eventsFailed: 3 });
  });

  it('a collector that hangs: each attempt ends at its time limit, and nothing is lost', async () => {
    collector.setFault({ kind: 'hang' });
    const service = startService(signal, { otlp: { timeoutMillis: 200 } });
    service.make(100);
    await collector.until(({ requests }) => requests.length >= 2);
    collector.setFault(undefined);
    await service.forceFlush();
    expectDelivered(service);
  });

  it('a collector that restarts twice: items are delivered within 2 s, and none is lost', async () => {
    const service = startService(signal);
    service.make(50);
    await service.forceFlush();
    for (const outageMillis of [300, 3_000]) {
      // oxlint-disable-next-line no-await-in-loop -- one outage after the other
      await collector.interrupt();
      service.make(50);
      // oxlint-disable-next-line no-await-in-loop -- the outage takes its time
      await new Promise((resolve) => setTimeout(resolve, outageMillis));
      // oxlint-disable-next-line no-await-in-loop -- then it is over
      await collector.resume();
      const resumedAt = performance.now();
      // oxlint-disable-next-line no-await-in-loop -- and all items arrive
      await collector.until(() => uniqueOf(signal) === service.made.length);
      expect(performance.now() - resumedAt).toBeLessThan(2_000);
      // oxlint-disable-next-line no-await-in-loop -- an answer that the next outage cuts off would make duplicates
      await service.forceFlush();
    }
    expectDelivered(service);
  });

  it('a connection that breaks after every third request: nothing is lost, and only what had arrived comes twice', async () => {
    let count = 0;
    collector.setFault(() => (++count % 3 === 0 ? { kind: 'reset', keepsItems: count % 2 === 0 } : undefined));
    const service = startService(signal, { maxExportBatchSize: 20 });
    service.make(200);
    await service.forceFlush();
    expectDelivered(service, 'at least once');
  });
});

it('both signals survive an outage of one collector over gRPC', async () => {
  const spans = startService('traces');
  const records = startService('logs');
  spans.make(100);
  records.make(100);
  await Promise.all([spans.forceFlush(), records.forceFlush()]);
  await collector.interrupt();
  spans.make(100);
  records.make(100);
  await new Promise((resolve) => setTimeout(resolve, 500));
  await collector.resume();
  await collector.until(() => uniqueOf('traces') === 200 && uniqueOf('logs') === 200);
  expectDelivered(spans);
  expectDelivered(records);
});

it.each(['delta', 'cumulative'] as const)(
  'every measurement survives an outage over gRPC (%s)',
  async (temporality) => {
    const service = new MetricService({
      url: collector.url,
      temporality,
      otlp: { protocol: 'grpc', url: collector.grpcUrl },
    });
    service.make(100);
    await service.forceFlush();
    await collector.interrupt();
    service.make(100);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await collector.resume();
    await service.forceFlush();
    await service.shutdown();
    expect(MEASURED_BY.map((metric) => collector.totalOf(metric) - collector.repeatedOf(metric))).toEqual([200, 200]);
    expect(collector.requests.every(({ path }) => path === '/v1/metrics')).toBe(true);
  },
);
