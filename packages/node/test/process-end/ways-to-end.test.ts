import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../../../../test/collector/src/index.ts';
import { type Ending, type Format, useEndingPrograms } from './ending-program.ts';
import { MADE, WAYS } from './ways-to-end.ts';

/** A way that leaves requests in flight lasts a little longer. Deltas are the harder case: no later value replaces a lost one. */
const METRICS: Readonly<Record<Format, string>> = {
  esm: "metrics: { exportIntervalMillis: 1_000, temporalityPreference: 'delta' },",
  cjs: 'metrics: { exportIntervalMillis: 1_000 },',
};

const programs = useEndingPrograms();
let collector: Collector;
const seen: string[] = [];

afterAll(() => {
  if (process.env['PRINT_TABLE'] !== undefined) console.log(seen.join('\n'));
});
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector.close());

/** Spans and log records. */
const delivered = () => collector.countsOf('traces').unique + collector.countsOf('logs').unique;
/** The value of the counter, without requests that came twice. */
const counted = () => collector.totalOf('orders') - collector.repeatedOf('orders');

const asSeen = ({ code, signal, stdout, stderr }: Ending) => ({ code, signal, stdout, stderr });

describe.each(WAYS)(
  'a process that ends by $name',
  ({ name, program, before = '', signals = [], formats = ['esm', 'cjs'], mayRepeat = false }) => {
    it.each(formats)('has delivered everything, and ends as it would without Spillway (%s)', async (format) => {
      const url = collector.url;
      const [ending, otherwise] = [
        await programs.run(program, { url, format, signals, before, options: METRICS[format] }),
        await programs.run(program, { url, format, signals, before, isWatched: false }),
      ];
      // A cluster's worker may outlive its primary.
      await collector
        .until(() => delivered() >= 2 * MADE && counted() >= MADE, { timeoutMillis: 2_000 })
        .catch(() => {});
      seen.push(
        [
          name,
          format,
          2 * MADE,
          delivered(),
          2 * MADE - delivered(),
          counted(),
          ending.signal ?? ending.code,
          ending.millis,
          otherwise.millis,
        ].join(' | '),
      );
      expect(asSeen(ending)).toEqual(asSeen(otherwise));
      expect(delivered()).toBe(2 * MADE);
      expect(counted()).toBe(MADE);
      expect(collector.counts().duplicates).toBeLessThanOrEqual(mayRepeat ? 2 * MADE + 1 : 0);
      expect(ending.millis).toBeLessThan(4_000);
    });
  },
);
