import { BackpressureLogRecordProcessor, LogRecordEncoder } from '@spillway/logs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { seededRandom } from '../../packages/sampling/test/seeded-random.ts';
import { estimateCount } from './count-estimate.ts';
import { readLogRecords } from './delivered-items.ts';
import { IN_TRACE, logLoad, WITHOUT_TRACE } from './log-load.ts';
import { expectLossOnlySampled, runPipeline } from './pipeline-run.ts';
import { useSimulatedTime } from './simulated-time.ts';
import { SlowCollector } from './slow-collector.ts';

useSimulatedTime();

const CAPACITY = 1_000;
const SECONDS = 10;
const RECORDS_PER_SECOND = 10 * CAPACITY;

beforeEach(() => {
  // The source of randomness for records without a trace.
  vi.spyOn(Math, 'random').mockImplementation(seededRandom(7));
});

afterEach(() => {
  vi.restoreAllMocks();
});

/**
 * There are 50 000 records of each kind, of which 11 000 to 13 000 are kept. The count of records in traces, which have
 * 1 to 10 records with a mean square of 38.5, has a deviation of 3.3 %. The count of the others, each drawn
 * independently, has a deviation of 1.3 %.
 */
it('log records with and without a trace are counted right by their attributes, at ten times the capacity', async () => {
  const load = logLoad(seededRandom(1), RECORDS_PER_SECOND, SECONDS);
  const collector = new SlowCollector(new LogRecordEncoder(), readLogRecords, CAPACITY);
  const processor = new BackpressureLogRecordProcessor({
    exporter: collector,
    strategy: 'sample',
    maxQueueSize: 20 * CAPACITY,
    maxExportBatchSize: 100,
    maxQueueBytes: 2 ** 26,
  });
  const run = await runPipeline(processor, collector, (record) => processor.onEmit(record), load);
  expectLossOnlySampled(run);
  for (const [body, highestDeviation] of [
    [IN_TRACE, 0.035],
    [WITHOUT_TRACE, 0.015],
  ] as const) {
    const made = load.flat().filter((record) => record.body === body).length;
    const { count, deviation, kept } = estimateCount(run.delivered.filter(({ name }) => name === body));
    expect(Math.abs(count - made), body).toBeLessThan(3 * deviation);
    expect(deviation / made, body).toBeLessThan(highestDeviation);
    expect(kept, body).toBeLessThan(0.3 * made);
  }
  // Sampled records carry or imply their randomness, so that a later sampler makes consistent decisions.
  const sampled = run.delivered.filter(({ threshold }) => threshold !== undefined);
  expect(sampled.every(({ randomness }) => randomness !== undefined)).toBe(true);
});
