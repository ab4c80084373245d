import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Service } from '../faults/service.ts';
import { arrivalsOf } from './src/arrivals.ts';
import { noCollector, type OtelCollector, startOtelCollector } from './src/otel-collector.ts';
import { SteadyLoad } from './src/steady-load.ts';

const PER_SECOND = 5_000;
/** The length of each item's text, so that the Collector in front is soon full. */
const PAYLOAD = 1_000;

/** A limit at which the Collector in front refuses, and its log line for that. */
interface Bound {
  readonly by: string;
  readonly memoryLimit: object;
  readonly queue: object;
  readonly says: string;
}

const MUCH = { check_interval: '1s', limit_mib: 4_000 };

const BOUNDS: readonly Bound[] = [
  {
    by: 'memory limiter',
    memoryLimit: { check_interval: '50ms', limit_mib: 50, spike_limit_mib: 10 },
    queue: { queue_size: 1_000_000, sizer: 'items' },
    says: 'Refusing data',
  },
  {
    by: 'sending queue',
    memoryLimit: MUCH,
    queue: { queue_size: 2_000, sizer: 'items' },
    says: 'sending queue is full',
  },
];

let front: OtelCollector<'main'>;
let behind: OtelCollector<'main'>;
let services: readonly Service[];
let load: SteadyLoad;

beforeEach(async () => {
  behind = await startOtelCollector({ routes: { main: {} } });
});

afterEach(async () => {
  load.end();
  await Promise.all(services.map((service) => service.shutdown()));
  await front[Symbol.asyncDispose]();
  await behind[Symbol.asyncDispose]();
});

async function startFront({ memoryLimit, queue }: Bound): Promise<void> {
  const exporter = {
    endpoint: `127.0.0.1:${behind.portsOf('main').grpc}`,
    tls: { insecure: true },
    // Longer than the pause. Otherwise, the Collector itself would send requests twice that it believes lost.
    timeout: '60s',
    // Received items are kept here, in memory. The queue fills while the Collector behind is paused.
    sending_queue: queue,
    retry_on_failure: { initial_interval: '100ms', max_interval: '200ms', max_elapsed_time: 0 },
  };
  front = await startOtelCollector({
    processors: { memory_limiter: memoryLimit },
    routes: { main: { processors: ['memory_limiter'], exporter: ['otlp_grpc', exporter] } },
  });
}

describe.skipIf(noCollector)('a Collector that refuses because the one behind it has paused', () => {
  it.each(BOUNDS)(
    'by its $by gets all of 5 000 spans and 5 000 log records a second once it has room again, each once',
    async (bound) => {
      await startFront(bound);
      services = (['traces', 'logs'] as const).map((signal) => new Service(signal, { url: front.urlOf('main') }));
      load = new SteadyLoad(
        services.map((service) => ({ make: (count: number) => service.make(count, 'x'.repeat(PAYLOAD)) })),
        PER_SECOND,
      );
      await load.lasts(500);
      behind.pause();
      await load.until(
        () =>
          front.log.includes(bound.says) && services.every(({ processor }) => processor.getMetrics().eventsRetried > 0),
      );
      await load.lasts(1_000);
      behind.resume();
      await load.lasts(500);
      load.end();
      await Promise.all(services.map((service) => service.forceFlush()));
      // The Collector passes on all its items before it ends.
      await front.stop();
      const arrivals = arrivalsOf(behind.received('main'));
      for (const { signal, made, processor } of services) {
        const times = made.map((id) => arrivals[signal].get(id) ?? 0);
        expect(times.filter((count) => count !== 1)).toEqual([]);
        expect(processor.getMetrics()).toMatchObject({ eventsFlushed: made.length, eventsDropped: 0, eventsFailed: 0 });
      }
    },
  );
});
