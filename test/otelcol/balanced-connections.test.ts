import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LoadedServices } from './src/loaded-services.ts';
import { noCollector, type OtelCollector, startOtelCollector } from './src/otel-collector.ts';
import type { Received } from './src/received.ts';
import { TcpBalancer } from './src/tcp-balancer.ts';

/** Spans per second, and as many log records. */
const PER_SECOND = 5_000;
/** A second instead of the default minute, to keep the test short. */
const MAX_CONNECTION_AGE_MILLIS = 1_000;
/** After its maximum age, a connection carries at most one more request. */
const UNTIL_REPLACED_MILLIS = 1.5 * MAX_CONNECTION_AGE_MILLIS;
/** Enough for chance to even out, because a service has only a few connections at a time. */
const AGES = 5;

let collectors: readonly [OtelCollector<'main'>, OtelCollector<'main'>];
let balancer: TcpBalancer;
let services: LoadedServices;

beforeEach(async () => {
  collectors = await Promise.all([
    startOtelCollector({ routes: { main: {} } }),
    startOtelCollector({ routes: { main: {} } }),
  ]);
  balancer = await TcpBalancer.before(portOf(collectors[0]));
  services = new LoadedServices(
    { url: balancer.url, otlp: { maxConnectionAgeMillis: MAX_CONNECTION_AGE_MILLIS } },
    PER_SECOND,
  );
});

afterEach(async () => {
  await services.shutdown();
  await balancer[Symbol.asyncDispose]();
  await Promise.all(collectors.map((collector) => collector[Symbol.asyncDispose]()));
});

function portOf(collector: OtelCollector<'main'>): number {
  return collector.portsOf('main').http;
}

function received(): Received {
  const [first, second] = collectors.map((collector) => collector.received('main')) as [Received, Received];
  return {
    spans: [...first.spans, ...second.spans],
    logRecords: [...first.logRecords, ...second.logRecords],
    dataPoints: [...first.dataPoints, ...second.dataPoints],
    lines: first.lines + second.lines,
  };
}

/** How many spans and log records each Collector has. */
function counts(): [number, number] {
  return collectors
    .map((collector) => collector.received('main'))
    .map(({ spans, logRecords }) => spans.length + logRecords.length) as [number, number];
}

describe.skipIf(noCollector)('a Collector that is added behind a TCP load balancer', () => {
  it('gets its share of the load once the oldest connections are replaced, and nothing is lost or sent again', async () => {
    await services.untilMore('eventsFlushed', PER_SECOND / 2);
    expect(counts()[1]).toBe(0);
    balancer.backends = collectors.map(portOf);
    await services.lasts(UNTIL_REPLACED_MILLIS);
    const before = counts();
    expect(before[1]).toBeGreaterThan(0);
    await services.lasts(AGES * MAX_CONNECTION_AGE_MILLIS);
    const [first, second] = counts().map((count, index) => count - (before[index] ?? 0)) as [number, number];
    expect(Math.min(first, second) / (first + second)).toBeGreaterThan(0.25);
    await services.settle();
    services.expectAllOnce(received());
    for (const { processor } of services.all) expect(processor.getMetrics().eventsRetried).toBe(0);
  });

  it('takes over everything from the Collector that was there before and is then stopped', async () => {
    await services.untilMore('eventsFlushed', PER_SECOND / 2);
    balancer.backends = [portOf(collectors[1])];
    await services.lasts(UNTIL_REPLACED_MILLIS);
    const [before] = counts();
    await services.lasts(MAX_CONNECTION_AGE_MILLIS / 2);
    expect(counts()[0]).toBe(before);
    await collectors[0].stop();
    await services.untilMore('eventsFlushed', PER_SECOND / 2);
    await services.settle();
    services.expectAllOnce(received());
    for (const { processor } of services.all) expect(processor.getMetrics().eventsRetried).toBe(0);
  });
});
