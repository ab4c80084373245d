import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../../bench/src/statistics.ts';
import { type Collector, type EventSignal, startCollector } from '../collector/src/index.ts';
import { Chance } from '../soak/chance.ts';
import type { LoadedPipeline } from './loaded-pipeline.ts';
import type { Make } from './make.ts';
import { MeasuredPipeline } from './measured-pipeline.ts';
import type { OutageForm } from './outage-forms.ts';
import type { Way } from './scene.ts';
import { UpstreamPipeline } from './upstream-pipeline.ts';
import { exporterTo, type Wire } from '../faults/wire.ts';

const SIGNALS = ['traces', 'logs'] as const;
const ITEMS_A_SECOND = 50;
/** Each outage has its own collector and two pipelines, and mostly waits. */
const OUTAGES_AT_A_TIME = 10;
const RECOVERY_LIMIT_MILLIS = 60_000;
/** The default of both. */
const TIMEOUT_MILLIS = 10_000;
const SCHEDULED_DELAY_MILLIS = 50;
const QUEUE_BYTES = 4_000_000;
const TEXT = 'GET /orders/{id}';

/** Limits for each signal, after an outage of up to a minute. */
const MOST_MILLIS = { atMedian: 1_000, at95: 2_000 };

/** One outage of a collector that gets two signals. */
export interface Outage {
  readonly millis: number;
  /** Time from its end to the first delivery of the signal that was first. */
  readonly earlierMillis: number;
  /** The same for the other signal. */
  readonly laterMillis: number;
  readonly problems: readonly string[];
}

export interface OutageLengths {
  readonly count: number;
  readonly shortestMillis: number;
  readonly longestMillis: number;
  /** The lengths follow from it. */
  readonly seed: number;
}

/** Outages of random length, of each form in turn. */
export async function measureOutages(
  make: Make,
  wire: Wire,
  forms: readonly OutageForm[],
  { count, shortestMillis, longestMillis, seed }: OutageLengths,
): Promise<readonly Outage[]> {
  const chance = new Chance(seed);
  const waiting = Array.from({ length: count }, (_, index) => ({
    form: forms[index % forms.length],
    // Each length is random within its own slice, so that a few lengths cover the whole range.
    millis: shortestMillis + ((index + chance.share()) / count) * (longestMillis - shortestMillis),
  }));
  const found: Outage[] = [];
  const measure = async (): Promise<void> => {
    for (let next = waiting.pop(); next?.form !== undefined; next = waiting.pop())
      found.push(await measureOutage(make, wire, next.form, next.millis));
  };
  await Promise.all(Array.from({ length: OUTAGES_AT_A_TIME }, measure));
  return found;
}

/** @returns figures that are not as they should be */
export function outageProblems(outages: readonly Outage[]): string[] {
  const problems = outages.flatMap(({ problems: ofOne }) => ofOne);
  for (const [which, field] of [
    ['first', 'earlierMillis'],
    ['last', 'laterMillis'],
  ] as const) {
    const millis = outages.map((outage) => outage[field]);
    const [atMedian, at95] = [median(millis), percentile95(millis)];
    if (atMedian > MOST_MILLIS.atMedian)
      problems.push(`the signal that was ${which} began after ${Math.round(atMedian)} ms at the median`);
    if (at95 > MOST_MILLIS.at95)
      problems.push(`the signal that was ${which} began after ${Math.round(at95)} ms at the 95th percentile`);
  }
  return problems;
}

/** The value that 19 of 20 do not exceed. */
export function percentile95(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(0.95 * values.length) - 1] ?? Number.NaN;
}

async function measureOutage(make: Make, wire: Wire, form: OutageForm, millis: number): Promise<Outage> {
  await using collector = await startCollector({ decode: 'ids', grpc: wire === 'gRPC' });
  const way = await form.open(collector, wire);
  const pipelines = SIGNALS.map((signal) => open(make, wire, signal, way));
  const load = setInterval(() => {
    for (const pipeline of pipelines) pipeline.emit(TEXT);
  }, 1_000 / ITEMS_A_SECOND);
  await Promise.all(SIGNALS.map((signal) => firstDelivery(collector, signal, 0)));
  await way.begin();
  await sleep(millis);
  await way.end();
  const endedAt = performance.now();
  const times = await Promise.all(
    SIGNALS.map(async (signal) => {
      await firstDelivery(collector, signal, collector.countsOf(signal).unique);
      return performance.now() - endedAt;
    }),
  );
  clearInterval(load);
  await Promise.all(pipelines.map((pipeline) => pipeline.shutdown()));
  await way.close?.();
  return {
    millis,
    earlierMillis: Math.min(...times),
    laterMillis: Math.max(...times),
    problems: pipelines.flatMap((pipeline) => problemsOf(pipeline, collector)),
  };
}

function open(make: Make, wire: Wire, signal: EventSignal, { url, exporter }: Way): LoadedPipeline {
  const timeoutMillis = TIMEOUT_MILLIS;
  const scheduledDelayMillis = SCHEDULED_DELAY_MILLIS;
  if (make === 'upstream') return new UpstreamPipeline(signal, url, { wire, timeoutMillis, scheduledDelayMillis });
  return new MeasuredPipeline(
    signal,
    { ...exporterTo(wire, url, signal), timeoutMillis, ...exporter },
    { maxQueueBytes: QUEUE_BYTES, scheduledDelayMillis },
  );
}

function firstDelivery(collector: Collector, signal: EventSignal, before: number): Promise<void> {
  return collector.until(() => collector.countsOf(signal).unique > before, { timeoutMillis: RECOVERY_LIMIT_MILLIS });
}

/** Checks that no item is lost, because the queue outlasts the outage. */
function problemsOf(pipeline: LoadedPipeline, collector: Collector): string[] {
  if (!(pipeline instanceof MeasuredPipeline)) return [];
  pipeline.look();
  const { unique } = pipeline.arrived(collector.talliesOf(pipeline.signal));
  return [
    ...pipeline.problems,
    ...(unique === pipeline.made
      ? []
      : [`${pipeline.made - unique} of ${pipeline.made} items lost (${pipeline.signal})`]),
  ];
}
