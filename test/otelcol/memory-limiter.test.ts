import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Service } from '../faults/service.ts';
import { arrivalsOf } from './src/arrivals.ts';
import { noCollector, type OtelCollector, startOtelCollector } from './src/otel-collector.ts';
import { SteadyLoad } from './src/steady-load.ts';

const PER_SECOND = 5_000;
/** Characters that each item has, so that the Collector in front is soon full. */
const PAYLOAD = 1_000;
const LIMIT_MIB = 50;

let front: OtelCollector<'main'>;
let behind: OtelCollector<'main'>;
let services: readonly Service[];
let load: SteadyLoad;

beforeEach(async () => {
  behind = await startOtelCollector({ routes: { main: {} } });
  front = await startOtelCollector({
    processors: { memory_limiter: { check_interval: '50ms', limit_mib: LIMIT_MIB, spike_limit_mib: 10 } },
    routes: {
      main: {
        processors: ['memory_limiter'],
        exporter: [
          'otlp_grpc',
          {
            endpoint: `127.0.0.1:${behind.portsOf('main').grpc}`,
            tls: { insecure: true },
            // Longer than the pause: the Collector itself would send twice what it thinks is lost.
            timeout: '60s',
            // It keeps what it took, in memory: this is what fills it while nobody takes it off its hands.
            sending_queue: { queue_size: 1_000_000, sizer: 'items' },
            retry_on_failure: { initial_interval: '100ms', max_interval: '200ms', max_elapsed_time: 0 },
          },
        ],
      },
    },
  });
  services = (['traces', 'logs'] as const).map((signal) => new Service(signal, { url: front.urlOf('main') }));
});

afterEach(async () => {
  load.end();
  await Promise.all(services.map((service) => service.shutdown()));
  await front[Symbol.asyncDispose]();
  await behind[Symbol.asyncDispose]();
});

describe.skipIf(noCollector)('a Collector that refuses by its memory limiter', () => {
  it('gets all of 5 000 spans and 5 000 log records a second once it has room again, and each once', async () => {
    load = new SteadyLoad(services.map((service) => ({ make: (count: number) => service.make(count, 'x'.repeat(PAYLOAD)) })), PER_SECOND);
    await load.lasts(500);
    behind.pause();
    await load.until(() => front.log.includes('Refusing data') && services.every(({ processor }) => processor.getMetrics().eventsRetried > 0));
    await load.lasts(1_000);
    behind.resume();
    await load.lasts(500);
    load.end();
    await Promise.all(services.map((service) => service.forceFlush()));
    // It gives away all that it holds before it ends.
    await front.stop();
    const arrivals = arrivalsOf(behind.received('main'));
    for (const { signal, made, processor } of services) {
      const times = made.map((id) => arrivals[signal].get(id) ?? 0);
      expect(times.filter((count) => count !== 1)).toEqual([]);
      expect(processor.getMetrics()).toMatchObject({ eventsFlushed: made.length, eventsDropped: 0, eventsFailed: 0 });
    }
  });
});
