import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MEASURED_BY, MetricService, type MetricServiceOptions } from '../faults/metric-service.ts';
import { AnswerHolder } from './src/answer-holder.ts';
import { lastValueOf, olderAfterNewer, totalOf, withoutRepeats } from './src/measured.ts';
import { noCollector, type OtelCollector, startOtelCollector } from './src/otel-collector.ts';
import { SteadyLoad } from './src/steady-load.ts';

const PER_SECOND = 5_000;
const TEMPORALITIES = ['delta', 'cumulative'] as const;

let collector: OtelCollector<'main'>;
let services: readonly MetricService[] = [];
let load: SteadyLoad;

beforeEach(async () => {
  collector = await startOtelCollector({ routes: { main: {} } });
});

afterEach(async () => {
  load.end();
  await Promise.all(services.map((service) => service.shutdown()));
  await collector[Symbol.asyncDispose]();
});

function startLoad(options: Partial<MetricServiceOptions> & Pick<MetricServiceOptions, 'temporality'>): MetricService {
  const service = new MetricService({ url: collector.urlOf('main'), ...options });
  services = [service];
  load = new SteadyLoad(services, PER_SECOND);
  return service;
}

/** Ends the load, and waits until everything is delivered. */
async function settle(service: MetricService): Promise<void> {
  load.end();
  await service.forceFlush();
  service.expectLaw();
  expect(service.metrics).toMatchObject({ bufferSize: 0, inFlight: 0, eventsFailed: 0 });
}

function expectEveryOrder(service: MetricService): void {
  const received = collector.received('main').dataPoints;
  const dataPoints = withoutRepeats(received);
  expect(received.length - dataPoints.length).toBeLessThanOrEqual(service.metrics.eventsRetried);
  expect(service.orders).toBeGreaterThan(PER_SECOND);
  expect(MEASURED_BY.map((metric) => totalOf(dataPoints, metric))).toEqual(MEASURED_BY.map(() => service.orders));
  expect(lastValueOf(dataPoints, 'order.last')).toBe(service.orders);
  expect(olderAfterNewer(dataPoints)).toEqual([]);
}

describe.skipIf(noCollector).each(TEMPORALITIES)('5 000 orders a second, measured with %s points', (temporality) => {
  it('are all in the totals if the Collector is stopped and started again', async () => {
    const service = startLoad({ temporality });
    await load.lasts(700);
    await collector.stop();
    await load.lasts(1_000);
    await collector.start();
    await load.lasts(700);
    await settle(service);
    expectEveryOrder(service);
  });

  it('are all in the totals if the Collector is killed twice, and only retried points arrive twice', async () => {
    const service = startLoad({ temporality });
    for (let kill = 0; kill < 2; kill += 1) {
      await load.lasts(700);
      await collector.kill();
      await load.lasts(1_000);
      await collector.start();
    }
    await settle(service);
    expectEveryOrder(service);
  });

  it('are all in the totals if the Collector pauses for less than the time-out of a request', async () => {
    const service = startLoad({ temporality, otlp: { timeoutMillis: 10_000 } });
    await load.lasts(700);
    collector.pause();
    await load.lasts(1_500);
    collector.resume();
    await load.lasts(500);
    await settle(service);
    expectEveryOrder(service);
    expect(service.metrics.eventsRetried).toBe(0);
  });
});

describe.skipIf(noCollector)('an answer that is lost', () => {
  it('makes delta points count twice at the Collector, and these are counted as retried', async () => {
    await using holder = await AnswerHolder.before(collector.portsOf('main').http);
    const service = startLoad({ temporality: 'delta', url: holder.url, otlp: { timeoutMillis: 300 } });
    await load.lasts(1_100);
    holder.hold();
    await load.lasts(500);
    holder.release();
    await settle(service);
    const { dataPoints } = collector.received('main');
    expect(service.metrics.eventsRetried).toBeGreaterThan(0);
    for (const metric of MEASURED_BY) expect(totalOf(dataPoints, metric)).toBeGreaterThan(service.orders);
    expect(dataPoints).toHaveLength(service.metrics.eventsFlushed + service.metrics.eventsRetried);
  });
});
