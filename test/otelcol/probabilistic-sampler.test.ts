import { isKept, KEEP_ALL, probabilityOf, type Threshold, thresholdOf } from '@spillway/sampling';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { seededRandom } from '../../packages/sampling/test/seeded-random.ts';
import { estimateCount, meanOf } from '../sampling/count-estimate.ts';
import type { DeliveredItem } from '../sampling/delivered-items.ts';
import { passedOn } from '../sampling/later-sampler.ts';
import { IN_TRACE, type LogLoad, logLoad, WITHOUT_TRACE } from '../sampling/log-load.ts';
import { expectLossOnlySampled } from '../sampling/pipeline-run.ts';
import { useSimulatedTime } from '../sampling/simulated-time.ts';
import { type TraceLoad, traceLoad } from '../sampling/trace-load.ts';
import { type Estimated, expectUnbiased } from '../sampling/unbiased.ts';
import { countedLogRecords, countedSpans } from './src/counted-items.ts';
import { noCollector, type OtelCollector, startOtelCollector } from './src/otel-collector.ts';
import { sampledLogRecords, sampledSpans, type SampledStream, send } from './src/sampled-stream.ts';

/** Streams are made in simulated time, and then sent to the Collector as they are. */
useSimulatedTime();

const STREAMS = 40;
const PER_SECOND = 1_600;
const SECONDS = 8;
/** Items per second that are delivered, so that our sampling keeps about a quarter. */
const CAPACITY = PER_SECOND / 4;
const TENTH = 0.1;

/** The sampler does not take metrics. */
const SAMPLED = ['traces', 'logs'] as const;

type Mode = 'equalizing' | 'proportional' | 'hash_seed';

const sampler = (mode: Mode): object => ({ mode, sampling_percentage: 100 * TENTH });

let collector: OtelCollector<Mode | 'open'>;

beforeAll(async () => {
  if (noCollector) return;
  collector = await startOtelCollector({
    processors: {
      'probabilistic_sampler/equalizing': sampler('equalizing'),
      'probabilistic_sampler/proportional': sampler('proportional'),
      'probabilistic_sampler/hash_seed': sampler('hash_seed'),
      // With the default, the sampler drops records without randomness, which are unsampled records without a trace.
      'probabilistic_sampler/open': { ...sampler('equalizing'), fail_closed: false },
    },
    routes: {
      equalizing: { signals: SAMPLED, processors: ['probabilistic_sampler/equalizing'] },
      proportional: { signals: SAMPLED, processors: ['probabilistic_sampler/proportional'] },
      hash_seed: { signals: SAMPLED, processors: ['probabilistic_sampler/hash_seed'] },
      open: { signals: SAMPLED, processors: ['probabilistic_sampler/open'] },
    },
  });
});

afterAll(async () => {
  if (noCollector) return;
  await collector[Symbol.asyncDispose]();
});

const spanLoad = (seed: number): TraceLoad =>
  traceLoad({ random: seededRandom(seed), spansPerSecond: (second) => (second < SECONDS ? PER_SECOND : 0) });

async function sampledLogStreams(loads: readonly LogLoad[]): Promise<SampledStream[]> {
  // Records without a trace get their randomness from this.
  const random = vi.spyOn(Math, 'random').mockImplementation(seededRandom(7));
  const streams: SampledStream[] = [];
  for (const load of loads) streams.push(await sampledLogRecords(load, CAPACITY));
  random.mockRestore();
  return streams;
}

/** The items of each stream that the Collector passes on. */
async function passedOnByCollector(
  streams: readonly SampledStream[],
  route: Mode | 'open',
  signal: 'traces' | 'logs',
): Promise<readonly (readonly DeliveredItem[])[]> {
  vi.useRealTimers();
  const passed: (readonly DeliveredItem[])[] = [];
  let { lines } = collector.received(route);
  for (const { requests } of streams) {
    await send(requests, `${collector.urlOf(route)}/v1/${signal}`);
    const received = collector.received(route, lines);
    passed.push(signal === 'traces' ? countedSpans(received) : countedLogRecords(received));
    ({ lines } = received);
  }
  return passed;
}

const asText = (items: readonly DeliveredItem[]): string[] =>
  items
    .map(
      ({ traceId, name, threshold }) =>
        `${traceId} ${name} ${threshold === undefined ? 'none' : probabilityOf(threshold)}`,
    )
    .toSorted();

/** In proportional mode, the earlier probability is multiplied, and the product is rounded to four digits. */
function passedOnProportionally(items: readonly DeliveredItem[]): DeliveredItem[] {
  return items.flatMap((item) => {
    const threshold: Threshold = thresholdOf(TENTH * probabilityOf(item.threshold ?? KEEP_ALL), 4);
    return item.randomness !== undefined && isKept(item.randomness, threshold) ? [{ ...item, threshold }] : [];
  });
}

describe.skipIf(noCollector)('for spans that were sampled under load, the Collector’s probabilistic sampler', () => {
  const equally = (items: readonly DeliveredItem[]): DeliveredItem[] => passedOn(items, thresholdOf(TENTH, 4));

  /**
   * The first two are as in test/sampling/later-sampler.test.ts: the deviation of the mean of 40 streams is 1.5 % and
   * 2.8 %. In the third, a tenth of a quarter, that is one in forty, is left: the root of 39 * 1 219 * 143.5, which is
   * 20 % of 12 800, and 3.2 % for the mean.
   */
  it.each([
    ['equalizing', 'more', CAPACITY, equally, 0.035],
    ['equalizing', 'less', PER_SECOND / 20, equally, 0.035],
    ['proportional', 'more', CAPACITY, passedOnProportionally, 0.05],
  ] as const)(
    'in %s mode passes on the spans that the specification says, if we keep %s than it does, and counts stay right',
    async (mode, _, capacity, expected, highestError) => {
      const streams: SampledStream[] = [];
      for (let seed = 1; seed <= STREAMS; seed += 1) streams.push(await sampledSpans(spanLoad(seed), capacity));
      const passed = await passedOnByCollector(streams, mode, 'traces');
      const estimates: Estimated[] = [];
      for (const [index, stream] of streams.entries()) {
        expectLossOnlySampled(stream);
        const arrived = passed[index] ?? [];
        expect(asText(arrived)).toEqual(asText(expected(stream.delivered)));
        estimates.push({ ...estimateCount(arrived), made: stream.made });
      }
      expect(expectUnbiased(estimates).standardError).toBeLessThan(highestError);
    },
  );

  it('yields a quarter of the count behind a sampler that tosses a coin and writes no threshold', async () => {
    const streams: SampledStream[] = [];
    const made: number[] = [];
    for (let seed = 1; seed <= STREAMS; seed += 1) {
      const load = spanLoad(seed);
      const coin = seededRandom(-seed);
      made.push(load.flat().length);
      streams.push(
        await sampledSpans(
          load.map((spans) => spans.filter(() => coin() < 1 / 4)),
          PER_SECOND,
          { strategy: 'drop_oldest' },
        ),
      );
    }
    const passed = await passedOnByCollector(streams, 'equalizing', 'traces');
    const estimates = passed.map((items, index) => ({ ...estimateCount(items), made: made[index] ?? 0 }));
    expect(() => expectUnbiased(estimates)).toThrow('to be less than 3');
    const { mean, standardError } = meanOf(estimates.map((each) => each.count / each.made));
    expect(Math.abs(mean - 1 / 4)).toBeLessThan(3 * standardError);
  });

  it('in its default mode, which ignores thresholds, passes on no span that has one', async () => {
    const stream = await sampledSpans(spanLoad(1), CAPACITY);
    const [passed = []] = await passedOnByCollector([stream], 'hash_seed', 'traces');
    const untouched = stream.delivered.filter(({ threshold }) => threshold === undefined);
    expect(stream.delivered.length).toBeGreaterThan(2 * untouched.length);
    expect(passed.length).toBeGreaterThan(0);
    const traces = new Set(untouched.map(({ traceId }) => traceId));
    expect(passed.filter(({ traceId }) => !traces.has(traceId))).toEqual([]);
  });
});

/** With `fail_closed: false`, an item without randomness is passed on unchanged, and stands for itself. */
function passedOnIfOpen(items: readonly DeliveredItem[]): DeliveredItem[] {
  return items.flatMap((item) =>
    item.randomness === undefined ? [{ ...item, threshold: KEEP_ALL }] : passedOn([item], thresholdOf(TENTH, 4)),
  );
}

describe.skipIf(noCollector)(
  'for log records that were sampled under load, the Collector’s probabilistic sampler',
  () => {
    /**
     * Of traces of 1 to 10 records, with a mean square of 38.5, a tenth is left: 10 % of 6 400, and 1.6 % for the mean of
     * 40 streams. Records without a trace are drawn one by one: 3.8 %, and 0.6 %.
     */
    it('reads their own attributes, and counts stay right, with and without a trace', async () => {
      const loads = Array.from({ length: STREAMS }, (_, index) =>
        logLoad(seededRandom(index + 1), PER_SECOND, SECONDS),
      );
      const streams = await sampledLogStreams(loads);
      const passed = await passedOnByCollector(streams, 'open', 'logs');
      for (const [index, stream] of streams.entries()) {
        expectLossOnlySampled(stream);
        expect(asText(passed[index] ?? [])).toEqual(asText(passedOnIfOpen(stream.delivered)));
      }
      for (const [body, highestError] of [
        [IN_TRACE, 0.04],
        [WITHOUT_TRACE, 0.02],
      ] as const) {
        const estimates = streams.map((_, index): Estimated => {
          const made = loads[index]?.flat().filter((record) => record.body === body).length ?? 0;
          return { ...estimateCount((passed[index] ?? []).filter(({ name }) => name === body)), made };
        });
        expect(expectUnbiased(estimates).standardError, body).toBeLessThan(highestError);
      }
    });

    it('drops by default the records that have neither a threshold nor a trace', async () => {
      const [stream] = await sampledLogStreams([logLoad(seededRandom(1), PER_SECOND, SECONDS)]);
      const [passed = []] = await passedOnByCollector(stream === undefined ? [] : [stream], 'equalizing', 'logs');
      const delivered = stream?.delivered ?? [];
      expect(delivered.filter(({ randomness }) => randomness === undefined).length).toBeGreaterThan(100);
      expect(asText(passed)).toEqual(asText(passedOn(delivered, thresholdOf(TENTH, 4))));
    });
  },
);
