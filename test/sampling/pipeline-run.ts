import type { ProcessorMetrics } from '@spillway/pipeline';
import { isKept } from '@spillway/sampling';
import { expect } from 'vitest';
import type { DeliveredItem } from './delivered-items.ts';
import type { SlowCollector } from './slow-collector.ts';
import { passStep, passUntil, STEP_MILLIS } from './simulated-time.ts';

/** How often a processor sets its threshold again while it is under load. */
const WINDOW_MILLIS = 500;
export const STEPS_PER_WINDOW = WINDOW_MILLIS / STEP_MILLIS;

/** Longer than sending any backlog here takes. */
const FLUSH_TIMEOUT_MILLIS = 1e7;

/** A processor of either signal. */
export interface ProcessorLike {
  getMetrics(): ProcessorMetrics;
  forceFlush(options: { readonly timeoutMillis: number }): Promise<void>;
  shutdown(): Promise<void>;
}

export interface PipelineRun {
  readonly made: number;
  readonly delivered: readonly DeliveredItem[];
  /** The metrics at the end of each step of the load. */
  readonly steps: readonly ProcessorMetrics[];
  /** The metrics when all items have settled. */
  readonly end: ProcessorMetrics;
}

/**
 * Offers items in steps of simulated time, then waits until all kept items have been delivered. It checks the
 * accounting law after each window and at the end. It also checks that each item passes the threshold that it carries,
 * so that a later sampler with a higher threshold is consistent with it.
 */
export async function runPipeline<Item>(
  processor: ProcessorLike,
  collector: SlowCollector<never>,
  offer: (item: Item) => void,
  load: readonly (readonly Item[])[],
): Promise<PipelineRun> {
  const steps: ProcessorMetrics[] = [];
  let made = 0;
  for (const items of load) {
    for (const item of items) offer(item);
    made += items.length;
    await passStep();
    const metrics = processor.getMetrics();
    if (steps.push(metrics) % STEPS_PER_WINDOW === 0) expectAccountingLaw(metrics, made);
  }
  await passUntil(processor.forceFlush({ timeoutMillis: FLUSH_TIMEOUT_MILLIS }));
  const end = processor.getMetrics();
  expectAccountingLaw(end, made);
  const { delivered } = collector;
  expect(end).toMatchObject({ bufferSize: 0, inFlight: 0, eventsFailed: 0, eventsFlushed: delivered.length });
  expect(collector.aborted).toBe(0);
  expect(delivered.filter((item) => !isConsistent(item))).toEqual([]);
  await passUntil(processor.shutdown());
  return { made, delivered, steps, end };
}

/** Expects that all undelivered items were sampled out: when they came, or when the queue was full. */
export function expectLossOnlySampled({ end, made }: PipelineRun): void {
  const { sampled_out: sampledOut, ...others } = end.droppedByReason;
  expect(others).toEqual(Object.fromEntries(Object.keys(others).map((reason) => [reason, 0])));
  expect(end.eventsFlushed + sampledOut).toBe(made);
}

/** The probability in force during each step. */
export function probabilitiesOf({ steps }: PipelineRun): number[] {
  return [1, ...steps.map(({ samplingProbability }) => samplingProbability)].slice(0, steps.length);
}

function isConsistent({ threshold, randomness }: DeliveredItem): boolean {
  return threshold === undefined || (randomness !== undefined && isKept(randomness, threshold));
}

function expectAccountingLaw(metrics: ProcessorMetrics, made: number): void {
  const { eventsOffered, eventsAccepted, eventsRefused, eventsFlushed, eventsFailed, eventsEvicted, eventsSpilled } =
    metrics;
  expect(eventsOffered).toBe(made);
  expect(eventsAccepted + eventsRefused).toBe(eventsOffered);
  expect(eventsFlushed + eventsFailed + eventsEvicted + eventsSpilled + metrics.bufferSize + metrics.inFlight).toBe(
    eventsAccepted,
  );
}
