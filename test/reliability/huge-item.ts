import type { DropReason } from '@spillway/backpressure';
import { type EventSignal, spawnCollector } from '../collector/src/index.ts';
import { MeasuredPipeline } from './measured-pipeline.ts';
import { lossesOf } from './losses.ts';
import { UpstreamPipeline } from './upstream-pipeline.ts';
import { exporterTo } from '../faults/wire.ts';

const SMALL_BYTES = 6_000;
const AFTER = 100;
/** The default limit of the Collector's HTTP receiver (`max_request_body_size`). */
const MAX_BODY_BYTES = 20 * 2 ** 20;
const TIMEOUT_MILLIS = 10_000;
const SCHEDULED_DELAY_MILLIS = 50;

export interface HugeItemPlan {
  readonly hugeBytes: number;
  readonly maxQueueBytes: number;
  /** Items held when the huge item comes. The queue has room for them, but not for the huge item too. */
  readonly held: number;
}

/** The plan of the table: the default bound in bytes, and fewer items than upstream holds. */
export const HUGE_ITEM: HugeItemPlan = { hugeBytes: 60_000_000, maxQueueBytes: 64 * 2 ** 20, held: 1_500 };

/** The effect of one huge item on the others. */
export interface HugeItemOutcome {
  readonly signal: EventSignal;
  /** The number of items besides the huge one. */
  readonly others: number;
  /** How many of the others were delivered. */
  readonly delivered: number;
  /** Losses of Spillway's pipeline, including the huge item. */
  readonly lost: ReadonlyMap<DropReason, number>;
  readonly problems: readonly string[];
}

/**
 * Makes all items in one turn, so that they are held when the huge one comes, and sends them to a healthy collector.
 */
export async function measureHugeItem(signal: EventSignal, plan: HugeItemPlan): Promise<HugeItemOutcome> {
  await using collector = await spawnCollector({ decode: 'ids', maxBodyBytes: MAX_BODY_BYTES });
  const { maxQueueBytes } = plan;
  const pipeline = new MeasuredPipeline(
    signal,
    { ...exporterTo('HTTP', collector.url, signal), timeoutMillis: TIMEOUT_MILLIS },
    { maxQueueBytes, scheduledDelayMillis: SCHEDULED_DELAY_MILLIS },
  );
  makeAll(pipeline, plan);
  pipeline.look();
  await pipeline.shutdown();
  const { unique } = pipeline.arrived(await collector.talliesOf(signal));
  const lost = lossesOf(pipeline.metrics);
  const problems = [...pipeline.problems];
  if (lost.get('too_large') !== 1) problems.push('the huge item was not refused as too_large');
  for (const [reason, count] of lost) if (reason !== 'too_large') problems.push(`${count} other items lost: ${reason}`);
  return { signal, others: pipeline.made - 1, delivered: unique, lost, problems };
}

export async function measureHugeItemUpstream(signal: EventSignal, plan: HugeItemPlan): Promise<HugeItemOutcome> {
  await using collector = await spawnCollector({ decode: 'ids', maxBodyBytes: MAX_BODY_BYTES });
  const pipeline = new UpstreamPipeline(signal, collector.url, {
    wire: 'HTTP',
    timeoutMillis: TIMEOUT_MILLIS,
    scheduledDelayMillis: SCHEDULED_DELAY_MILLIS,
  });
  makeAll(pipeline, plan);
  await pipeline.shutdown();
  const { unique } = pipeline.arrived(await collector.talliesOf(signal));
  return { signal, others: pipeline.made - 1, delivered: unique, lost: new Map(), problems: [] };
}

function makeAll(pipeline: MeasuredPipeline | UpstreamPipeline, { hugeBytes, held }: HugeItemPlan): void {
  const small = 'x'.repeat(SMALL_BYTES);
  for (let made = 0; made < held; made += 1) pipeline.emit(small);
  pipeline.emitPoison('x'.repeat(hugeBytes));
  for (let made = 0; made < AFTER; made += 1) pipeline.emit(small);
}
