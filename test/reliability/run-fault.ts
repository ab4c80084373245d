import { setTimeout as sleep } from 'node:timers/promises';
import { type EventSignal, type SpawnedCollector, spawnCollector, type Tally } from '../collector/src/index.ts';
import type { LoadedPipeline } from './loaded-pipeline.ts';
import type { Pace } from './pace.ts';
import type { ReliabilityFault } from './reliability-fault.ts';
import type { Way } from './scene.ts';
import type { Wire } from '../faults/wire.ts';

const SIGNALS = ['traces', 'logs'] as const;
const STEP_MILLIS = 5;
/** After a pause, the load does not make the missing items, because a blocked application makes none. */
const LONGEST_STEP_MILLIS = 100;
const LOOK_MILLIS = 20;
/** A request that hangs in the collector has no client any more, so there is no need to wait for it longer. */
const QUIET_LIMIT_MILLIS = 3_000;
const QUIET_LOOKS = 3;

/** The effect of a fault on one pipeline, as seen from outside. */
export interface Affected<Loaded extends LoadedPipeline> {
  /** After its shutdown. */
  readonly pipeline: Loaded;
  readonly tallies: ReadonlyMap<string, Tally>;
  /** Time from the end of the fault until the pipeline had recovered; undefined if it did not recover in time. */
  readonly recoveryMillis: number | undefined;
  /** Measured in the second half of the fault, because the pipeline needs some requests to notice it. */
  readonly requestsASecond: number;
  /** Requests that carried the poison item. */
  readonly poisonedRequests: number;
}

/**
 * Lets one fault happen under load, to a pipeline of each signal. It takes the time that `pace` says, plus the time
 * that the pipelines need to recover.
 */
export async function runFault<Loaded extends LoadedPipeline>(
  fault: ReliabilityFault,
  pace: Pace,
  wire: Wire,
  open: (signal: EventSignal, way: Way) => Loaded,
): Promise<readonly Affected<Loaded>[]> {
  await using collector = await spawnCollector({ decode: 'ids', grpc: wire === 'gRPC' });
  const way = await fault.open(collector, pace, wire);
  const pipelines = SIGNALS.map((signal) => open(signal, way));
  const scene = { collector, way, pipelines, pace, wire };

  const stopLoad = startLoad(pipelines, pace);
  await sleep(pace.beforeMillis);
  while (pipelines.some(({ hasDelivered }) => !hasDelivered)) await sleep(LOOK_MILLIS);
  const faultBeginsAt = performance.now();
  await fault.begin(scene);
  await sleep(faultBeginsAt + pace.faultMillis / 2 - performance.now());
  const requestsBefore = (await collector.counts()).requests;
  await sleep(faultBeginsAt + pace.faultMillis - performance.now());
  const requestsAfter = (await collector.counts()).requests;
  await fault.end(scene);
  for (const pipeline of pipelines) pipeline.onFaultOver();
  const recoveryMillis = await recovery(collector, pipelines, pace.recoveryLimitMillis);
  await sleep(pace.afterMillis);
  stopLoad();
  await Promise.all(pipelines.map((pipeline) => pipeline.shutdown()));
  await quiet(collector);

  const requests = await collector.requests();
  const affected: Affected<Loaded>[] = [];
  for (const [index, pipeline] of pipelines.entries()) {
    const { signal } = pipeline;
    const isOfSignal = ({ path }: { readonly path: string }): boolean => path === `/v1/${signal}`;
    affected.push({
      pipeline,
      tallies: await collector.talliesOf(signal),
      recoveryMillis: recoveryMillis[index],
      requestsASecond:
        requests.slice(requestsBefore, requestsAfter).filter(isOfSignal).length / (pace.faultMillis / 2 / 1_000),
      poisonedRequests: requests.filter((request) => request.fault === 'poison' && isOfSignal(request)).length,
    });
  }
  await way.close?.();
  return affected;
}

/** @returns a function that ends the load */
function startLoad(pipelines: readonly LoadedPipeline[], { itemsASecond, text }: Pace): () => void {
  let owed = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const time = performance.now();
    owed += (Math.min(time - last, LONGEST_STEP_MILLIS) * itemsASecond) / 1_000;
    last = time;
    for (; owed >= 1; owed -= 1) for (const pipeline of pipelines) pipeline.emit(text);
    for (const pipeline of pipelines) pipeline.look();
  }, STEP_MILLIS);
  return () => clearInterval(timer);
}

/** @returns milliseconds until each pipeline has recovered; undefined if it did not recover in time */
async function recovery(
  collector: SpawnedCollector,
  pipelines: readonly LoadedPipeline[],
  limitMillis: number,
): Promise<readonly (number | undefined)[]> {
  const endedAt = performance.now();
  const found: (number | undefined)[] = pipelines.map(() => undefined);
  while (found.includes(undefined) && performance.now() - endedAt < limitMillis) {
    for (const [index, pipeline] of pipelines.entries()) {
      if (found[index] === undefined && pipeline.isRecovered(await collector.talliesOf(pipeline.signal)))
        found[index] = performance.now() - endedAt;
    }
    await sleep(LOOK_MILLIS);
  }
  return found;
}

/** Waits until the collector has no open requests. It may still be working on requests that the client has given up. */
async function quiet(collector: SpawnedCollector): Promise<void> {
  const deadline = performance.now() + QUIET_LIMIT_MILLIS;
  for (let looks = 0; looks < QUIET_LOOKS && performance.now() < deadline;) {
    looks = (await collector.counts()).inFlight === 0 ? looks + 1 : 0;
    await sleep(LOOK_MILLIS);
  }
}
