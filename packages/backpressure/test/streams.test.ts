import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it, vi } from 'vitest';
import { BackpressureController, type BackpressureControllerConfig, type StreamOptions } from '../src/index.ts';
import { toNodeWritable } from '../src/node/index.ts';
import { expectLaw } from './accounting-law.ts';
import { HeldConsumer, numbers } from './held-consumer.ts';

type Config = BackpressureControllerConfig<number>;

/** The ways to write a source into a controller, which must not differ in anything but their types. */
const KINDS = [
  {
    kind: 'a WritableStream',
    write: async (
      controller: BackpressureController<number>,
      source: AsyncIterable<number>,
      options?: StreamOptions<number>,
    ) => {
      await ReadableStream.from(source).pipeTo(controller.writable(options));
    },
  },
  {
    kind: 'a Writable of Node',
    write: async (
      controller: BackpressureController<number>,
      source: AsyncIterable<number>,
      options?: StreamOptions<number>,
    ) => {
      await pipeline(source, toNodeWritable(controller, options));
    },
  },
];

/** A source that knows how many items were taken from it, and whether it has ended. */
class CountingSource implements AsyncIterable<number> {
  taken = 0;
  hasEnded = false;
  readonly #count: number;
  readonly #failure: Error | undefined;

  constructor(count: number, failure?: Error) {
    this.#count = count;
    this.#failure = failure;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    try {
      for (; this.taken < this.#count; this.taken += 1) yield this.taken;
    } finally {
      this.hasEnded = true;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function heldBy(controller: BackpressureController<number>): number {
  const { bufferSize, inFlight } = controller.getMetrics();
  return bufferSize + inFlight;
}

function consumed(config: Config = {}) {
  const consumer = new HeldConsumer<number>();
  const controller = new BackpressureController(consumer.flush, {
    maxBufferSize: 10,
    batchSize: 5,
    minFlushIntervalMs: 1,
    retry: { initialBackoffMs: 1, maxBackoffMs: 1 },
    ...config,
  });
  return { consumer, controller };
}

describe.each(KINDS)('$kind into a controller', ({ write }) => {
  it.each(['drop_oldest', 'drop_newest', 'sample', 'block'] as const)(
    'loses nothing and holds no more than the bound with strategy %s, while its consumer stalls and fails',
    async (strategy) => {
      const { consumer, controller } = consumed({ strategy, maxBlockTimeMs: 0 });
      let mostHeld = 0;
      consumer.onFlush = (flush) => {
        mostHeld = Math.max(mostHeld, heldBy(controller));
        const fails = consumer.flushes.length % 3 === 0;
        setTimeout(() => (fails ? flush.fail() : flush.answer()), 1);
      };
      await write(controller, new CountingSource(200));
      const delivered = consumer.flushes.filter((_, index) => (index + 1) % 3 !== 0).flatMap(({ items }) => items);
      expect(delivered.toSorted((a, b) => a - b)).toEqual(numbers(0, 199));
      expect(mostHeld).toBeLessThanOrEqual(10);
      expect(controller.getMetrics()).toMatchObject({ eventsAccepted: 200, eventsRefused: 0, eventsFlushed: 200 });
      expectLaw(controller);
    },
  );

  it('asks its source for no more while there is no room', async () => {
    const { consumer, controller } = consumed();
    const source = new CountingSource(1_000);
    const written = write(controller, source);
    await vi.waitFor(() => expect(heldBy(controller)).toBe(10));
    await new Promise(setImmediate);
    // Each stream between holds an item or two.
    expect(source.taken).toBeLessThanOrEqual(16);
    consumer.automatic = { kind: 'delivered' };
    consumer.last.answer();
    await written;
    expect(controller.getMetrics().eventsFlushed).toBe(1_000);
  });

  it('fails with its source, and what was written is delivered', async () => {
    const { consumer, controller } = consumed();
    consumer.automatic = { kind: 'delivered' };
    await expect(write(controller, new CountingSource(7, new Error('no more')))).rejects.toThrow('no more');
    await vi.waitFor(() => expect(controller.getMetrics().eventsFlushed).toBe(controller.getMetrics().eventsAccepted));
    expect(controller.getMetrics().eventsAccepted).toBeGreaterThanOrEqual(6);
    expect(controller.hasEnded).toBe(true);
  });

  it('fails, and ends its source, if the controller is closed', async () => {
    const { consumer, controller } = consumed();
    const source = new CountingSource(1_000);
    const written = write(controller, source);
    const failed = expect(written).rejects.toThrow('the controller was closed, so it lets no more items in');
    await vi.waitFor(() => expect(consumer.flushes).not.toEqual([]));
    await controller.close({ timeoutMs: 1 });
    await failed;
    await vi.waitFor(() => expect(source.hasEnded).toBe(true));
    await expect(write(controller, new CountingSource(1))).rejects.toThrow('the controller was closed');
  });

  it('waits while the controller drains, and goes on afterwards', async () => {
    const { consumer, controller } = consumed();
    const written = write(controller, new CountingSource(30));
    await vi.waitFor(() => expect(consumer.flushes).not.toEqual([]));
    const drained = controller.drain();
    consumer.automatic = { kind: 'delivered' };
    consumer.last.answer();
    await drained;
    await written;
    expect(controller.getMetrics()).toMatchObject({ eventsFlushed: 30, eventsRefused: 0 });
  });

  it('ends with an error that says how many items were given up', async () => {
    const { controller } = consumed({ drainTimeoutMs: 20 });
    await expect(write(controller, new CountingSource(6))).rejects.toThrow(
      '6 items were not delivered in time (drainTimeoutMs), and were given up',
    );
    expectLaw(controller);
  });

  it('fails for an item that can never be let in, unless it is told what to do with it', async () => {
    const large = { sizeOf: (item: number) => (item === 3 ? 100 : 1), maxItemBytes: 10 };
    const first = consumed(large);
    first.consumer.automatic = { kind: 'delivered' };
    await expect(write(first.controller, new CountingSource(9))).rejects.toThrow('too large or cannot be encoded');
    expect(first.controller.getMetrics().droppedByReason.too_large).toBe(1);
    const second = consumed(large);
    second.consumer.automatic = { kind: 'delivered' };
    const refused: number[] = [];
    await write(second.controller, new CountingSource(9), { onRefused: (item) => refused.push(item) });
    expect([refused, second.controller.getMetrics().eventsFlushed]).toEqual([[3], 8]);
  });

  it('leaves a controller open that has other producers', async () => {
    const { consumer, controller } = consumed();
    consumer.automatic = { kind: 'delivered' };
    await write(controller, new CountingSource(20), { keepsOpen: true });
    expect([controller.hasEnded, controller.getMetrics().eventsFlushed]).toEqual([false, 20]);
    await expect(write(controller, new CountingSource(5, new Error('no more')), { keepsOpen: true })).rejects.toThrow(
      'no more',
    );
    expect(controller.hasEnded).toBe(false);
    consumer.automatic = undefined;
    const late = consumed({ drainTimeoutMs: 20 });
    await expect(write(late.controller, new CountingSource(6), { keepsOpen: true })).rejects.toThrow(
      'items of the stream are not delivered yet',
    );
    expect(late.controller.getMetrics()).toMatchObject({ eventsRefused: 0, eventsEvicted: 0 });
  });
});

describe('a stream into a controller', () => {
  it.each([
    [{ keepsOpen: 'yes' }, 'keepsOpen must be true or false, got yes'],
    [{ onRefused: 1 }, 'onRefused must be a function, got number'],
  ])('refuses the option %j', (options, message) => {
    const { controller } = consumed();
    expect(() => controller.writable(options as never)).toThrow(message);
    expect(() => toNodeWritable(controller, options as never)).toThrow(message);
  });

  it('closes the controller if it is destroyed without an error', async () => {
    const { consumer, controller } = consumed();
    consumer.automatic = { kind: 'delivered' };
    const stream: Writable = toNodeWritable(controller);
    await new Promise((resolve) => stream.write(1, resolve));
    stream.destroy();
    await once(stream, 'close');
    expect([controller.hasEnded, controller.getMetrics().eventsFlushed]).toEqual([true, 1]);
  });
});
