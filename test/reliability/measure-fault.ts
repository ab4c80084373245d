import { setTimeout as sleep } from 'node:timers/promises';
import { DROP_REASONS, type DropReason } from '@spillway/backpressure';
import { type SpawnedCollector, spawnCollector } from '../collector/src/index.ts';
import type { FaultOutcome } from './fault-outcome.ts';
import { MeasuredPipeline } from './measured-pipeline.ts';
import type { Pace } from './pace.ts';
import type { FaultEffect, ReliabilityFault } from './reliability-fault.ts';

const SIGNALS = ['traces', 'logs'] as const;
const STEP_MILLIS = 5;
/** After a pause the load does not catch up with what it would have made: a blocked application makes nothing. */
const LONGEST_STEP_MILLIS = 100;
const LOOK_MILLIS = 20;
/** A pipeline that has not recovered by then does not. */
const RECOVERY_LIMIT_MILLIS = 30_000;
/** A request that hangs in the collector has nobody behind it, and is not waited for. */
const QUIET_LIMIT_MILLIS = 3_000;
const QUIET_LOOKS = 3;
const TEXT = 'GET /orders/{id}';

/** Lets one fault happen under load, to a pipeline of each signal. Takes what `pace` says, and as long as it takes to recover. */
export async function measureFault(fault: ReliabilityFault, ofAll: Pace): Promise<readonly FaultOutcome[]> {
  const pace = fault.adapt?.(ofAll) ?? ofAll;
  await using collector = await spawnCollector({ decode: 'ids' });
  const way = await fault.open(collector, pace);
  const { maxQueueBytes, strategy, timeoutMillis } = pace;
  const pipelines = SIGNALS.map((signal) => new MeasuredPipeline(signal, way.url, { timeoutMillis, ...way.exporter }, { maxQueueBytes, strategy, scheduledDelayMillis: 50 }));
  const scene = { collector, way, pipelines, pace };

  const stopLoad = startLoad(pipelines, pace.itemsASecond);
  await sleep(pace.beforeMillis);
  while (pipelines.some(({ metrics }) => metrics.eventsFlushed === 0)) await sleep(LOOK_MILLIS);
  const faultEndsAt = performance.now() + pace.faultMillis;
  await fault.begin(scene);
  await sleep(Math.max(faultEndsAt - performance.now(), 0));
  await fault.end(scene);
  for (const pipeline of pipelines) pipeline.onFaultOver();
  const recoveryMillis = await recovery(collector, pipelines);
  await sleep(pace.afterMillis);
  stopLoad();
  const states = pipelines.map((pipeline) => [...pipeline.states]);
  await Promise.all(pipelines.map((pipeline) => pipeline.shutdown()));
  await quiet(collector);

  const outcomes: FaultOutcome[] = [];
  for (const [index, pipeline] of pipelines.entries()) {
    outcomes.push({ ...(await outcomeOf(pipeline, fault, pace, recoveryMillis[index], collector)), states: states[index] ?? [] });
  }
  await way.close?.();
  return outcomes;
}

/** @returns what ends it */
function startLoad(pipelines: readonly MeasuredPipeline[], itemsASecond: number): () => void {
  let owed = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const time = performance.now();
    owed += (Math.min(time - last, LONGEST_STEP_MILLIS) * itemsASecond) / 1_000;
    last = time;
    for (; owed >= 1; owed -= 1) for (const pipeline of pipelines) pipeline.emit(TEXT);
    for (const pipeline of pipelines) pipeline.look();
  }, STEP_MILLIS);
  return () => clearInterval(timer);
}

/** @returns milliseconds until each has recovered; undefined where it has not in time */
async function recovery(collector: SpawnedCollector, pipelines: readonly MeasuredPipeline[]): Promise<readonly (number | undefined)[]> {
  const endedAt = performance.now();
  const found: (number | undefined)[] = pipelines.map(() => undefined);
  while (found.includes(undefined) && performance.now() - endedAt < RECOVERY_LIMIT_MILLIS) {
    for (const [index, pipeline] of pipelines.entries()) {
      if (found[index] === undefined && pipeline.isRecovered(await collector.talliesOf(pipeline.signal))) found[index] = performance.now() - endedAt;
    }
    await sleep(LOOK_MILLIS);
  }
  return found;
}

/** What the client has given up, the collector may still be at: it is done, and knows that nobody was there, some time later. */
async function quiet(collector: SpawnedCollector): Promise<void> {
  const deadline = performance.now() + QUIET_LIMIT_MILLIS;
  for (let looks = 0; looks < QUIET_LOOKS && performance.now() < deadline; ) {
    looks = (await collector.counts()).inFlight === 0 ? looks + 1 : 0;
    await sleep(LOOK_MILLIS);
  }
}

async function outcomeOf(pipeline: MeasuredPipeline, fault: ReliabilityFault, pace: Pace, recoveryMillis: number | undefined, collector: SpawnedCollector): Promise<Omit<FaultOutcome, 'states'>> {
  const { signal, made, mostBytes, metrics } = pipeline;
  const tally = pipeline.arrived(await collector.talliesOf(signal));
  const lost = new Map(DROP_REASONS.flatMap((reason) => (metrics.droppedByReason[reason] > 0 ? [[reason, metrics.droppedByReason[reason]] as const] : [])));
  const problems = [...pipeline.problems, ...unexpected(fault.effect, lost, metrics.eventsRetried, tally.duplicates)];
  if (recoveryMillis === undefined) problems.push(`not recovered after ${RECOVERY_LIMIT_MILLIS} ms`);
  return {
    fault: fault.name,
    signal,
    made,
    delivered: tally.unique,
    lost,
    duplicates: tally.duplicates,
    recoveryMillis: recoveryMillis ?? Infinity,
    mostBytes,
    limitBytes: pace.maxQueueBytes,
    problems,
  };
}

/** @returns how what a fault did differs from what it has to do: a fault that was not felt proves nothing */
function unexpected(effect: FaultEffect, lost: ReadonlyMap<DropReason, number>, retried: number, duplicates: number): string[] {
  const reasons = typeof effect === 'object' ? effect.loses : [];
  const wrong = [...lost].filter(([reason]) => !reasons.includes(reason)).map(([reason, count]) => `${count} items lost: ${reason}`);
  if (reasons.length > 0 && lost.size === 0) wrong.push('nothing lost');
  if (effect === 'none' && duplicates > 0) wrong.push(`${duplicates} duplicates`);
  if (effect === 'duplicate' && duplicates === 0) wrong.push('no duplicates');
  if (effect === 'retry' && retried === 0) wrong.push('nothing was sent again');
  return wrong;
}
