import { setTimeout as sleep } from 'node:timers/promises';
import { type DropReason, MemoryBudget } from '@spillway/backpressure';
import { type EventSignal, type SpawnedCollector, spawnCollector } from '../collector/src/index.ts';
import type { LoadedPipeline } from './loaded-pipeline.ts';
import { lossesOf } from './losses.ts';
import { MeasuredPipeline } from './measured-pipeline.ts';
import { UpstreamPipeline } from './upstream-pipeline.ts';
import { exporterTo, urlFor, type Wire } from '../faults/wire.ts';

const BUDGET_BYTES = 1_000_000;
const DEAD_TURNS = 20;
/** All turns together make several times the budget. */
const DEAD_ITEMS_A_TURN = 1_000;
const HEALTHY_BURSTS = 16;
const HEALTHY_ITEMS_A_BURST = 200;
const TURN_MILLIS = 50;
const TIMEOUT_MILLIS = 500;
const SCHEDULED_DELAY_MILLIS = 50;
const TEXT = 'GET /orders/{id}';

/** Losses of a pipeline with a healthy collector while another pipeline's collector is gone. */
export interface SharedBudgetOutcome {
  readonly signal: EventSignal;
  readonly made: number;
  readonly delivered: number;
  /** Losses of Spillway's pipeline. */
  readonly lost: ReadonlyMap<DropReason, number>;
  readonly problems: readonly string[];
}

/** Two Spillway pipelines share a budget. The pipeline whose collector is gone fills it. */
export async function measureSharedBudget(signal: EventSignal, wire: Wire): Promise<SharedBudgetOutcome> {
  await using gone = await spawnCollector({ decode: 'ids', grpc: true });
  await using healthy = await spawnCollector({ decode: 'ids', grpc: true });
  const memoryBudget = new MemoryBudget(BUDGET_BYTES);
  const open = (collector: SpawnedCollector): MeasuredPipeline =>
    new MeasuredPipeline(
      signal,
      { ...exporterTo(wire, urlFor(wire, collector), signal), timeoutMillis: TIMEOUT_MILLIS },
      {
        maxQueueBytes: BUDGET_BYTES,
        memoryBudget,
        scheduledDelayMillis: SCHEDULED_DELAY_MILLIS,
        drainTimeoutMillis: TIMEOUT_MILLIS,
      },
    );
  const [starving, pipeline] = [open(gone), open(healthy)];
  await letOneStarve(gone, starving, pipeline);
  const { unique } = pipeline.arrived(await healthy.talliesOf(signal));
  const lost = lossesOf(pipeline.metrics);
  const problems = [
    ...starving.problems,
    ...pipeline.problems,
    ...[...lost].map(([reason, count]) => `the healthy pipeline lost ${count} items: ${reason}`),
  ];
  if (starving.metrics.eventsDropped === 0) problems.push('the budget was never full');
  return { signal, made: pipeline.made, delivered: unique, lost, problems };
}

/** The same for upstream's pipelines, which share no budget. */
export async function measureSharedBudgetUpstream(signal: EventSignal, wire: Wire): Promise<SharedBudgetOutcome> {
  await using gone = await spawnCollector({ decode: 'ids', grpc: true });
  await using healthy = await spawnCollector({ decode: 'ids', grpc: true });
  const open = (collector: SpawnedCollector): UpstreamPipeline =>
    new UpstreamPipeline(signal, urlFor(wire, collector), {
      wire,
      timeoutMillis: TIMEOUT_MILLIS,
      scheduledDelayMillis: SCHEDULED_DELAY_MILLIS,
    });
  const [starving, pipeline] = [open(gone), open(healthy)];
  await letOneStarve(gone, starving, pipeline);
  const { unique } = pipeline.arrived(await healthy.talliesOf(signal));
  return { signal, made: pipeline.made, delivered: unique, lost: new Map(), problems: [] };
}

async function letOneStarve(gone: SpawnedCollector, starving: LoadedPipeline, pipeline: LoadedPipeline): Promise<void> {
  await gone.interrupt();
  for (let turn = 0; turn < DEAD_TURNS; turn += 1) await emitMany(starving, DEAD_ITEMS_A_TURN);
  for (let burst = 0; burst < HEALTHY_BURSTS; burst += 1) {
    starving.emit(TEXT);
    await emitMany(pipeline, HEALTHY_ITEMS_A_BURST);
  }
  await Promise.all([starving.shutdown(), pipeline.shutdown()]);
}

async function emitMany(pipeline: LoadedPipeline, count: number): Promise<void> {
  for (let made = 0; made < count; made += 1) pipeline.emit(TEXT);
  pipeline.look();
  await sleep(TURN_MILLIS);
  pipeline.look();
}
