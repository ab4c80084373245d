import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Service } from '../faults/service.ts';
import { arrivalsOf } from './src/arrivals.ts';
import { noCollector, type OtelCollector, startOtelCollector } from './src/otel-collector.ts';

/** `default` has the Collector's own limit, 20 MiB. */
type RouteName = 'default' | 'narrow';
const NARROW_BYTES = 2 ** 20;

const ITEMS = 3_000;
const ITEM_BYTES = 15_000;

let collector: OtelCollector<RouteName>;
let services: readonly Service[] = [];

beforeEach(async () => {
  collector = await startOtelCollector({ routes: { default: {}, narrow: { maxRequestBytes: NARROW_BYTES } } });
});

afterEach(async () => {
  await Promise.all(services.map((service) => service.shutdown()));
  await collector[Symbol.asyncDispose]();
});

describe.skipIf(noCollector)('45 MB of spans and of log records that have waited for the Collector', () => {
  it.each([
    ['20 MiB, the default', 'default', undefined],
    ['20 MiB, the default, decompressed', 'default', 'gzip'],
    ['1 MiB', 'narrow', undefined],
    ['1 MiB, decompressed', 'narrow', 'gzip'],
  ] as const)('all arrive once if it accepts %s in a request', async (_, route, compression) => {
    await collector.stop();
    const options = { url: collector.urlOf(route), otlp: { compression }, maxQueueBytes: 64 * 2 ** 20 };
    services = (['traces', 'logs'] as const).map((signal) => new Service(signal, options));
    for (const service of services) service.make(ITEMS, 'x'.repeat(ITEM_BYTES));
    await collector.start();
    await Promise.all(services.map((service) => service.forceFlush()));
    const arrivals = arrivalsOf(collector.received(route));
    for (const { signal, made, processor } of services) {
      expect(
        made.filter((id) => arrivals[signal].get(id) !== 1),
        signal,
      ).toEqual([]);
      expect(processor.getMetrics()).toMatchObject({ eventsFlushed: ITEMS, eventsDropped: 0, eventsFailed: 0 });
    }
  });
});

describe.skipIf(noCollector)('an item that is larger than a request may be', () => {
  it('is the only one lost, with a reason', async () => {
    services = (['traces', 'logs'] as const).map((signal) => new Service(signal, { url: collector.urlOf('narrow') }));
    for (const service of services) {
      service.make(100);
      service.make(1, 'x'.repeat(3 * NARROW_BYTES));
      service.make(100);
    }
    await Promise.all(services.map((service) => service.forceFlush()));
    const arrivals = arrivalsOf(collector.received('narrow'));
    for (const { signal, made, processor } of services) {
      const missing = made.filter((id) => arrivals[signal].get(id) !== 1);
      expect(missing, signal).toEqual([made[100]]);
      expect(processor.getMetrics().droppedByReason, signal).toMatchObject({ too_large: 1, rejected: 0 });
    }
  });
});
