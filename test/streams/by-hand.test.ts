import { readFileSync } from 'node:fs';
import { BackpressureController } from '@spillway/backpressure';
import { toNodeWritable } from '@spillway/backpressure/node';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { store as storeCarefullyByHand } from './careful-loop-by-hand.ts';
import { store as storeByHand } from './loop-by-hand.ts';
import { store as storeByStream } from './stream.ts';

const ROWS = 1_000;

async function* rows(count = ROWS): AsyncGenerator<number> {
  for (let row = 0; row < count; row += 1) yield row;
}

async function* rowsThatFail(): AsyncGenerator<number> {
  yield* rows(150);
  throw new Error('the source has failed');
}

/** Fails at the given attempts, counted from 1. */
class Store {
  readonly saved: number[] = [];
  #attempts = 0;
  readonly #failsAt: readonly number[];

  constructor(failsAt: readonly number[]) {
    this.#failsAt = failsAt;
  }

  readonly save = async (batch: readonly number[]): Promise<void> => {
    this.#attempts += 1;
    if (this.#failsAt.includes(this.#attempts)) throw new Error('the store is locked');
    this.saved.push(...batch);
  };

  get missing(): number {
    return ROWS - new Set(this.saved).size;
  }
}

/** Lines of code, without comments, imports and empty lines. */
function linesOf(file: string): number {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  return text.split('\n').filter((line) => line.trim() !== '' && !/^\s*(\/\*\*|\/\/|import )/.test(line)).length;
}

beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => {}));
afterEach(() => void vi.restoreAllMocks());

describe('if the consumer fails', () => {
  it('the loop that is usually written loses a batch for each failure, and resolves as if nothing had happened', async () => {
    const store = new Store([3, 5]);
    await expect(storeByHand(rows(), store.save)).resolves.toBeUndefined();
    expect(store.missing).toBe(200);
  });

  it.each([
    ['the careful loop', storeCarefullyByHand],
    ['the stream', storeByStream],
  ])('%s loses nothing', async (_, store) => {
    const target = new Store([3, 5]);
    await store(rows(), target.save);
    expect(target.missing).toBe(0);
    expect(target.saved).toHaveLength(ROWS);
  });
});

describe('if the source fails', () => {
  it('the loop that is usually written loses what it has gathered', async () => {
    const store = new Store([]);
    await expect(storeByHand(rowsThatFail(), store.save)).rejects.toThrow('the source has failed');
    expect(store.saved).toHaveLength(100);
  });

  it.each([
    ['the careful loop', storeCarefullyByHand],
    ['the stream', storeByStream],
  ])('%s saves what came before, and rejects', async (_, store) => {
    const target = new Store([]);
    await expect(store(rowsThatFail(), target.save)).rejects.toThrow('the source has failed');
    expect(target.saved).toHaveLength(150);
  });
});

describe('if the result of a push is ignored', () => {
  const newController = (store: Store) =>
    new BackpressureController<number>(
      async (batch) => {
        await store.save(batch);
        return { kind: 'delivered' };
      },
      { strategy: 'drop_newest', maxBufferSize: 100, batchSize: 100 },
    );

  it('a loop loses what finds no room, which only the counters tell', async () => {
    const store = new Store([]);
    const controller = newController(store);
    controller.start();
    for (let row = 0; row < ROWS; row += 1) void controller.push(row);
    await controller.close();
    expect(store.missing).toBe(900);
    expect(controller.getMetrics().droppedByReason.queue_full).toBe(900);
  });

  it.each<[string, (controller: BackpressureController<number>) => Promise<void>]>([
    ['a stream of Node', (controller) => pipeline(rows(), toNodeWritable(controller))],
    ['a stream of the Web', (controller) => ReadableStream.from(rows()).pipeTo(controller.writable())],
  ])('%s has no such result, and loses nothing', async (_, feed) => {
    const store = new Store([]);
    await feed(newController(store));
    expect(store.missing).toBe(0);
  });
});

it('the loop by hand that loses nothing takes nearly twice as many lines as the stream', () => {
  expect(linesOf('careful-loop-by-hand.ts') / linesOf('stream.ts')).toBeGreaterThan(1.8);
});
