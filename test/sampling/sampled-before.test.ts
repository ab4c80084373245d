import { isTraceKept, parseThreshold, probabilityOf, type Threshold } from '@spillway/sampling';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../packages/sampling/test/seeded-random.ts';
import { estimateCount } from './count-estimate.ts';
import { expectLossOnlySampled, type PipelineRun } from './pipeline-run.ts';
import { useSimulatedTime } from './simulated-time.ts';
import { burstOnLoad, type Overflow, runOverflow, suddenLoad } from './span-runs.ts';
import type { TraceLoad } from './trace-load.ts';

useSimulatedTime();

const CAPACITY = 1_000;
/** Of a thousand estimates three are further off, were they normally distributed. */
const DEVIATIONS = 3;

/** What is left of a load by a sampler before us, in the SDK or in a caller, that says so; of some traces, where that is asked for. */
function sampledBefore(load: TraceLoad, text: string, isSampled: (traceId: string) => boolean = () => true): TraceLoad {
  const threshold = parseThreshold(text) as Threshold;
  const traceState = { serialize: () => `ot=th:${text}` };
  return load.map((spans) =>
    spans.flatMap((span) => {
      const context = { ...span.spanContext(), traceState };
      if (!isSampled(context.traceId)) return [span];
      return isTraceKept(context.traceId, threshold) ? [{ ...span, spanContext: () => context }] : [];
    }),
  );
}

function expectCounted(run: PipelineRun, made: number): void {
  const { count, deviation } = estimateCount(run.delivered);
  expect(run.end.droppedByReason.evicted).toBe(0);
  expect(Math.abs(count - made)).toBeLessThan(DEVIATIONS * deviation);
  // A bound as wide as everything would prove nothing.
  expect(deviation / made).toBeLessThan(0.1);
  expectLossOnlySampled(run);
}

const sizeOf = (load: TraceLoad): number => load.flat().length;

/** As much comes as without the sampler before: as many more are made. */
function overflowOf(kind: (random: () => number, itemsPerSecond: number) => Overflow, text: string): Overflow {
  const share = probabilityOf(parseThreshold(text) as Threshold);
  return { ...kind(seededRandom(1), CAPACITY / share), itemsPerSecond: CAPACITY };
}

describe('spans that say how they were sampled before they came', () => {
  it.each(['0', '8', 'c', '0001', '80000000000001', 'abcdef', 'c123456789abcd'])('with th:%s are thinned out as all others, and counted right, where the queue overflows', async (text) => {
    const { load, itemsPerSecond } = overflowOf(suddenLoad, text);
    const run = await runOverflow({ load: sampledBefore(load, text), itemsPerSecond });
    expectCounted(run, sizeOf(load));
    // Let in and given up again.
    expect(run.end.eventsEvicted).toBeGreaterThan(5_000);
  });

  it.each(['8', 'c123456789abcd'])('with th:%s are counted right also where the queue overflows within a later window', async (text) => {
    const { load, itemsPerSecond } = overflowOf(burstOnLoad, text);
    expectCounted(await runOverflow({ load: sampledBefore(load, text), itemsPerSecond }), sizeOf(load));
  });

  it.each(['8', 'ffe', 'fff8'])('with th:%s cost those beside them nothing, of which all were kept before', async (text) => {
    const { load, itemsPerSecond } = suddenLoad(seededRandom(1), CAPACITY);
    // By a digit that is no part of the randomness.
    const isSampled = (traceId: string): boolean => traceId[0] !== undefined && traceId[0] < '8';
    const mixed = sampledBefore(load, text, isSampled);
    const run = await runOverflow({ load: mixed, itemsPerSecond });
    const others = load.flat().filter((span) => !isSampled(span.spanContext().traceId)).length;
    expectCounted({ ...run, delivered: run.delivered.filter(({ traceId }) => !isSampled(traceId)) }, others);
  });
});
