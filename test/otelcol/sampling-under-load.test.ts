import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Service } from '../faults/service.ts';
import { estimateCount } from '../sampling/count-estimate.ts';
import { AnswerHolder } from './src/answer-holder.ts';
import { countedLogRecords, countedSpans } from './src/counted-items.ts';
import { noCollector, type OtelCollector, startOtelCollector } from './src/otel-collector.ts';
import { SteadyLoad } from './src/steady-load.ts';

const PER_SECOND = 5_000;

/** This is random and without a seed. Less than one estimate in a hundred thousand is further off. */
const DEVIATIONS = 4.5;

let collector: OtelCollector<'main'>;
let services: readonly Service[];
let load: SteadyLoad;

beforeEach(async () => {
  collector = await startOtelCollector({
    processors: { probabilistic_sampler: { mode: 'equalizing', sampling_percentage: 50, fail_closed: false } },
    routes: { main: { signals: ['traces', 'logs'], processors: ['probabilistic_sampler'] } },
  });
});

afterEach(async () => {
  load.end();
  await Promise.all(services.map((service) => service.shutdown()));
  await collector[Symbol.asyncDispose]();
});

describe.skipIf(noCollector)('5 000 spans and 5 000 log records a second, of which 1 000 can be sent', () => {
  // We keep fewer than one in two here, so the Collector must read our threshold, and pass it on.
  it('are counted correctly behind the Collector’s own sampler of one in two', async () => {
    // Requests go one after the other, 100 items each, and each is answered after 100 ms.
    await using far = await AnswerHolder.before(collector.portsOf('main').http, 100);
    const options = {
      url: far.url,
      strategy: 'sample',
      maxConcurrentExports: 1,
      maxExportBatchSize: 100,
      maxQueueSize: 2_000,
    } as const;
    services = (['traces', 'logs'] as const).map((signal) => new Service(signal, options));
    load = new SteadyLoad(services, PER_SECOND);
    await load.lasts(4_000);
    load.end();
    await Promise.all(services.map((service) => service.forceFlush()));

    const received = collector.received('main');
    for (const { signal, made, processor } of services) {
      const { droppedByReason, eventsDropped, eventsFailed } = processor.getMetrics();
      expect(eventsDropped, signal).toBeGreaterThan(PER_SECOND / 2);
      expect(droppedByReason.sampled_out, signal).toBe(eventsDropped + eventsFailed);

      const { count, deviation } = estimateCount(
        signal === 'traces' ? countedSpans(received) : countedLogRecords(received),
      );
      expect(Math.abs(count - made.length), signal).toBeLessThan(DEVIATIONS * deviation);
      expect(deviation / made.length, signal).toBeLessThan(0.04);
    }
  });
});
