import { BackpressureSpanProcessor, SpanEncoder } from '@spillway/trace';
import { expect, it } from 'vitest';
import { seededRandom } from '../../packages/sampling/test/seeded-random.ts';
import { estimateCount } from './count-estimate.ts';
import { readSpans } from './delivered-items.ts';
import { expectLossOnlySampled, runPipeline } from './pipeline-run.ts';
import { useSimulatedTime } from './simulated-time.ts';
import { SlowCollector } from './slow-collector.ts';
import { traceLoad } from './trace-load.ts';

useSimulatedTime();

/** Upstream's default. It holds the items of 2 s or 0.4 s, whereas Spillway's default holds those of minutes. */
const QUEUE_SIZE = 2_048;
const SECONDS = 6;

/** Most of such a queue is in flight, in the same few segments that hold the waiting items. */
it.each([1_000, 5_000])(
  'a queue of 2 048 spans with batches of any size loses no span to the counts at five times a capacity of %i a second',
  async (capacity) => {
    const load = traceLoad({
      random: seededRandom(1),
      spansPerSecond: (second) => (second < SECONDS ? 5 * capacity : 0),
    });
    const collector = new SlowCollector(new SpanEncoder(), readSpans, capacity);
    const processor = new BackpressureSpanProcessor({ exporter: collector, maxQueueSize: QUEUE_SIZE });
    const run = await runPipeline(processor, collector, (span) => processor.onEnd(span), load);
    expectLossOnlySampled(run);
    expect(run.end.eventsEvicted).toBeGreaterThan(0);
    const { count, deviation } = estimateCount(run.delivered);
    expect(Math.abs(count - run.made)).toBeLessThan(3 * deviation);
    expect(deviation / run.made).toBeLessThan(0.1);
  },
);
