import { expect, it } from 'vitest';
import { seededRandom } from '../../packages/sampling/test/seeded-random.ts';
import type { DeliveredItem } from './delivered-items.ts';
import { expectLossOnlySampled, type PipelineRun, probabilitiesOf } from './pipeline-run.ts';
import { STEP_MILLIS, useSimulatedTime } from './simulated-time.ts';
import { runSpans } from './span-runs.ts';
import { type TraceLoad, traceLoad } from './trace-load.ts';

useSimulatedTime();

const SPANS_PER_SECOND = 9_000;
/** The capacities of the two collectors: a tenth and a third of the load. */
const CAPACITY = { more: 900, less: 3_000 } as const;
const SECONDS = 18;
/** From this step on, the first windows of load are over, and thresholds change only by chance. */
const SETTLED_FROM_STEP = 6_000 / STEP_MILLIS;

/** A service that takes part in the same traces as another one, with its own collector. */
interface Service {
  readonly load: TraceLoad;
  readonly run: PipelineRun;
  readonly probabilities: readonly number[];
}

async function runService(capacity: number): Promise<Service> {
  // The same seed makes the same traces.
  const load = traceLoad({
    random: seededRandom(4),
    spansPerSecond: (second) => (second < SECONDS ? SPANS_PER_SECOND : 0),
    traceSeconds: 0.5,
  });
  const run = await runSpans(load, capacity, { maxQueueSize: 20 * capacity });
  expectLossOnlySampled(run);
  return { load, run, probabilities: probabilitiesOf(run) };
}

/** The steps in which the spans of each trace ended, for traces that began when the thresholds had settled. */
function settledTraces(load: TraceLoad): Map<string, number[]> {
  const traces = new Map<string, number[]>();
  for (const [step, spans] of load.entries()) {
    for (const span of spans) {
      const { traceId } = span.spanContext();
      const steps = traces.get(traceId);
      if (steps === undefined) traces.set(traceId, [step]);
      else steps.push(step);
    }
  }
  for (const [traceId, [first = 0]] of traces) if (first < SETTLED_FROM_STEP) traces.delete(traceId);
  return traces;
}

function spansByTrace(items: readonly DeliveredItem[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { traceId } of items) counts.set(traceId, (counts.get(traceId) ?? 0) + 1);
  return counts;
}

/** Traces of which some spans were delivered and others were not. */
function withHoles({ run }: Service, traces: readonly (readonly [string, readonly number[]])[]): string[] {
  const kept = spansByTrace(run.delivered);
  return traces
    .filter(([traceId, steps]) => kept.has(traceId) && kept.get(traceId) !== steps.length)
    .map(([traceId]) => traceId);
}

/**
 * A trace is divided only if the threshold changes while its spans end, and if its randomness is between the two
 * thresholds. For most traces, the threshold does not change, and a change is a tenth of the kept share.
 */
function expectWhole(service: Service): void {
  const { probabilities, load } = service;
  const traces = [...settledTraces(load)];
  const ofOneThreshold = traces.filter(([, steps]) => new Set(steps.map((step) => probabilities[step])).size === 1);
  expect(withHoles(service, ofOneThreshold)).toEqual([]);
  expect(ofOneThreshold.length).toBeGreaterThan(0.6 * traces.length);
  const kept = spansByTrace(service.run.delivered);
  expect(withHoles(service, traces).length).toBeLessThan(0.03 * traces.filter(([traceId]) => kept.has(traceId)).length);
}

it('if two services take part in the same traces, the one under less load keeps all traces of the other, and traces stay whole', async () => {
  const more = await runService(CAPACITY.more);
  const less = await runService(CAPACITY.less);
  const settled = [...settledTraces(more.load)];
  expect(Math.max(...more.probabilities.slice(SETTLED_FROM_STEP))).toBeLessThan(
    Math.min(...less.probabilities.slice(SETTLED_FROM_STEP)),
  );

  const keptByMore = spansByTrace(more.run.delivered);
  const keptByLess = spansByTrace(less.run.delivered);
  const common = settled.filter(([traceId]) => keptByMore.has(traceId));
  expect(common.length).toBeGreaterThan(900);
  expect(common.filter(([traceId, steps]) => keptByLess.get(traceId) !== steps.length)).toEqual([]);
  expect(settled.filter(([traceId]) => keptByLess.has(traceId)).length).toBeGreaterThan(2 * common.length);
  expectWhole(more);
  expectWhole(less);
});
