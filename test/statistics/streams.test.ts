import { EventEmitter, on } from 'node:events';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { BackpressureController, type FlushResult } from '@spillway/backpressure';
import { toNodeWritable } from '@spillway/backpressure/node';
import { describe, expect, it } from 'vitest';

const ITEMS = 1_000_000;
const MOST_HELD = 5_000;
/** What streams of Node, and the turn of an emitter, may hold besides the controller. */
const MOST_ON_THE_WAY = 1_000;
/** Some seconds on an idle machine. */
const PATIENCE_MILLIS = 600_000;

/** A consumer of numbers that fails again and again, and stalls now and then. */
class UnreliableConsumer {
  readonly #timesSeen = new Uint8Array(ITEMS);
  delivered = 0;
  failures = 0;
  stalls = 0;
  #calls = 0;

  readonly consume = async (batch: readonly number[]): Promise<FlushResult> => {
    this.#calls += 1;
    if (this.#calls % 7 === 0) {
      this.failures += 1;
      throw new Error('the consumer is out of order');
    }
    if (this.#calls % 50 === 0) {
      this.stalls += 1;
      await pause(5);
    }
    for (const item of batch) this.#timesSeen[item]! += 1;
    this.delivered += batch.length;
    return { success: batch.length, failed: 0, errors: [] };
  };

  /** How many items have been seen that many times. */
  seen(times: number): number {
    return this.#timesSeen.reduce((count, each) => count + Number(each === times), 0);
  }
}

/** Makes items, and remembers how many of them were in memory at most. */
class Source {
  readonly #consumer: UnreliableConsumer;
  #made = 0;
  mostInMemory = 0;

  constructor(consumer: UnreliableConsumer) {
    this.#consumer = consumer;
  }

  get isExhausted(): boolean {
    return this.#made === ITEMS;
  }

  next(): number {
    this.mostInMemory = Math.max(this.mostInMemory, this.#made - this.#consumer.delivered);
    this.#made += 1;
    return this.#made - 1;
  }

  *[Symbol.iterator](): Generator<number> {
    while (!this.isExhausted) yield this.next();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    for (const item of this) {
      if (item % 1_000 === 0) await turn();
      yield item;
    }
  }
}

/** Emits items as fast as it can, and pauses when it is told to, like a socket. */
class ItemEmitter extends EventEmitter {
  readonly #source: Source;
  #isPaused = false;

  constructor(source: Source) {
    super();
    this.#source = source;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  async run(): Promise<void> {
    while (!this.#source.isExhausted) {
      for (let burst = 0; burst < 100 && !this.#isPaused && !this.#source.isExhausted; burst += 1)
        this.emit('item', this.#source.next());
      await turn();
    }
    this.emit('end');
  }
}

type Feed = (source: Source, controller: BackpressureController<number>) => Promise<void>;

const FEEDS: Readonly<Record<string, Feed>> = {
  async pipe(source, controller) {
    const stream = Readable.from(source).pipe(toNodeWritable(controller));
    await finished(stream);
  },
  async 'pipeline()'(source, controller) {
    await pipeline(source, toNodeWritable(controller));
  },
  async pipeTo(source, controller) {
    await ReadableStream.from(source).pipeTo(controller.writable());
  },
  async 'for await'(source, controller) {
    const writer = controller.writable().getWriter();
    for await (const item of source) await writer.write(item);
    await writer.close();
  },
  async 'an event emitter'(source, controller) {
    const emitter = new ItemEmitter(source);
    const events = on(emitter, 'item', { close: ['end'], highWaterMark: 500, lowWaterMark: 100 });
    const items = Readable.from(events).map(([item]: [number]) => item);
    await Promise.all([emitter.run(), pipeline(items, toNodeWritable(controller))]);
  },
};

describe('a million items through a consumer that stalls and fails', () => {
  it.each(Object.entries(FEEDS))(
    'are delivered once each, and only few are in memory at a time: %s',
    async (_, feed) => {
      const consumer = new UnreliableConsumer();
      const source = new Source(consumer);
      const controller = new BackpressureController<number>(consumer.consume, {
        // Any strategy is right: a stream waits for room with each of them.
        strategy: 'drop_oldest',
        maxBufferSize: MOST_HELD,
        batchSize: 1_000,
        retry: { initialBackoffMs: 1, maxBackoffMs: 5 },
        drainTimeoutMs: PATIENCE_MILLIS,
      });
      await feed(source, controller);

      expect(consumer.seen(1)).toBe(ITEMS);
      expect(consumer.failures).toBeGreaterThan(100);
      expect(consumer.stalls).toBeGreaterThan(10);
      expect(source.mostInMemory).toBeLessThanOrEqual(MOST_HELD + MOST_ON_THE_WAY);
      expect(controller.getMetrics()).toMatchObject({ eventsFlushed: ITEMS, eventsDropped: 0, eventsFailed: 0 });
    },
    PATIENCE_MILLIS,
  );
});
