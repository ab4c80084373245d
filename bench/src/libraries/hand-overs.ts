/** How each library hands items in batches to an asynchronous consumer. All limit the calls in flight, if they can. */
import { BackpressureController, BackpressureStrategy } from '@spillway/backpressure';
import { cargoQueue } from 'async';
import Bottleneck from 'bottleneck';
import DataLoader from 'dataloader';
import { promise as fastq } from 'fastq';
import PQueue from 'p-queue';

export const BATCH = 512;
const CALLS_IN_FLIGHT = 4;
const LONGEST_WAIT_MILLIS = 100;
/** Above everything that the bench hands over at once. */
const ROOM = 2 ** 18;

export interface Item {
  readonly serial: number;
}

export type Consumer = (batch: readonly Item[]) => Promise<void>;

/** A queue between a producer and its consumer. */
export interface HandOver {
  push(item: Item): void;
  end(): void;
}

export type LibraryName = 'fastq' | 'p-queue' | 'bottleneck' | 'async.cargoQueue' | 'dataloader' | 'spillway';

export const HAND_OVERS: Readonly<Record<LibraryName, (consume: Consumer) => HandOver>> = {
  spillway(consume) {
    const controller = new BackpressureController<Item>(
      async (batch) => {
        await consume(batch);
        return { success: batch.length, failed: 0, errors: [] };
      },
      {
        maxBufferSize: ROOM,
        batchSize: BATCH,
        maxBatchSize: BATCH,
        maxFlushIntervalMs: LONGEST_WAIT_MILLIS,
        maxConcurrentFlushes: CALLS_IN_FLIGHT,
        strategy: BackpressureStrategy.DROP_NEWEST,
      },
    );
    controller.start();
    return { push: (item) => void controller.tryPush(item), end: () => controller.stop() };
  },

  fastq(consume) {
    const queue = fastq(consume, CALLS_IN_FLIGHT);
    return gathered((batch) => void queue.push(batch));
  },

  'p-queue'(consume) {
    const queue = new PQueue({ concurrency: CALLS_IN_FLIGHT });
    return gathered((batch) => void queue.add(() => consume(batch)));
  },

  bottleneck(consume) {
    const limiter = new Bottleneck({ maxConcurrent: CALLS_IN_FLIGHT });
    const batcher = new Bottleneck.Batcher({ maxSize: BATCH, maxTime: LONGEST_WAIT_MILLIS });
    batcher.on('batch', (batch: readonly Item[]) => void limiter.schedule(() => consume(batch)));
    return { push: (item) => void batcher.add(item), end() {} };
  },

  'async.cargoQueue'(consume) {
    // oxlint-disable-next-line typescript/no-misused-promises -- the library waits for the promise
    const queue = cargoQueue<Item>(async (batch: Item[]) => consume(batch), CALLS_IN_FLIGHT, BATCH);
    return { push: (item) => void queue.push(item), end() {} };
  },

  dataloader(consume) {
    const loader = new DataLoader<Item, undefined>(
      async (batch) => {
        await consume(batch);
        return batch.map(() => undefined);
      },
      { maxBatchSize: BATCH, cache: false },
    );
    return { push: (item) => void loader.load(item), end() {} };
  },
};

/** For a library without batches, its user gathers them. */
function gathered(give: (batch: readonly Item[]) => void): HandOver {
  let batch: Item[] = [];
  return {
    push(item) {
      if (batch.push(item) < BATCH) return;
      give(batch);
      batch = [];
    },
    end() {},
  };
}
