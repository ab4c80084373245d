import { setTimeout as sleep } from 'node:timers/promises';
import { collectGarbage } from '../../packages/otlp/test/buffer/collect-garbage.ts';
import { type EventSignal, spawnCollector } from '../collector/src/index.ts';
import { MeasuredPipeline } from './measured-pipeline.ts';
import { exporterTo, urlFor, type Wire } from '../faults/wire.ts';

export const ITEM_SIZES: readonly number[] = [1, 100, 1_000, 10_000, 100_000, 2 ** 20];

/** This many times the limit is offered while no item can be sent. */
const TIMES_LIMIT = 3;
/** The application makes this many bytes without a pause, which takes a few milliseconds. */
const BYTES_A_TURN = 2 ** 20;
/** The least encoded size of an item without its text. */
const BYTES_BESIDE_TEXT = 80;

/** The figures of a queue that was full of items of one size. */
export interface FullQueue {
  readonly wire: Wire;
  readonly signal: EventSignal;
  /** Size of the text of an item. */
  readonly itemBytes: number;
  readonly made: number;
  /** Items held when the queue was full. */
  readonly held: number;
  /** Items that were evicted, or refused because all items that could have been evicted for them were in flight. */
  readonly givenUp: number;
  /** The most bytes that the queue counted. */
  readonly mostBytes: number;
  /** Growth of the process when the queue was full, on the heap and off it. */
  readonly memoryBytes: number;
  readonly problems: readonly string[];
}

/**
 * Offers more items than there is room for while the collector does not answer, lets it answer, and counts what
 * arrives.
 */
export async function fillQueue(
  signal: EventSignal,
  itemBytes: number,
  maxQueueBytes: number,
  wire: Wire,
): Promise<FullQueue> {
  await using collector = await spawnCollector({ decode: 'ids', grpc: true });
  await collector.setFault({ kind: 'hang' });
  const text = 'x'.repeat(itemBytes);
  const turns = Math.ceil((TIMES_LIMIT * maxQueueBytes) / BYTES_A_TURN);
  const itemsATurn = Math.ceil(BYTES_A_TURN / (itemBytes + BYTES_BESIDE_TEXT));
  const memoryBefore = await memoryInUse();
  const pipeline = new MeasuredPipeline(
    signal,
    { ...exporterTo(wire, urlFor(wire, collector), signal), timeoutMillis: 500 },
    { maxQueueBytes, maxItemBytes: maxQueueBytes / 2, strategy: 'drop_oldest', scheduledDelayMillis: 50 },
  );
  for (let turn = 0; turn < turns; turn += 1) {
    for (let item = 0; item < itemsATurn; item += 1) pipeline.emit(text);
    pipeline.look();
    await sleep(1);
    pipeline.look();
  }
  const memoryBytes = (await memoryInUse()) - memoryBefore;
  const { bufferSize, inFlight } = pipeline.metrics;
  await collector.heal();
  await pipeline.shutdown();
  pipeline.look();
  pipeline.arrived(await collector.talliesOf(signal));
  const { droppedByReason, eventsDropped, eventsFailed } = pipeline.metrics;
  const givenUp = droppedByReason.evicted + droppedByReason.queue_full;
  const problems = [...pipeline.problems];
  const lostOtherwise = eventsDropped + eventsFailed - givenUp;
  if (lostOtherwise > 0) problems.push(`${lostOtherwise} items lost for another reason than lack of room`);
  return {
    wire,
    signal,
    itemBytes,
    made: pipeline.made,
    held: bufferSize + inFlight,
    givenUp,
    mostBytes: pipeline.mostBytes,
    memoryBytes,
    problems,
  };
}

/** Takes a moment, because freed memory is returned only some turns of the event loop later. */
async function memoryInUse(): Promise<number> {
  for (let turn = 0; turn < 4; turn += 1) {
    collectGarbage();
    await sleep(20);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
