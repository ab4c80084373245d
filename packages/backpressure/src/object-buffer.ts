import type { Admission } from './admission.ts';
import type { BatchBuffer } from './batch-buffer.ts';
import { now } from './clock.ts';
import { Lane, type Run, splitRun } from './object-lane.ts';

interface TakenRun<Item> {
  readonly lane: Lane<Item>;
  readonly run: Run<Item>;
}

/** What is needed to put a batch back in its old place. */
interface Taken<Item> {
  readonly runs: readonly TakenRun<Item>[];
  readonly bytes: number;
}

/**
 * Keeps items as objects, for consumers that take objects and for producers without an encoder.
 */
export class ObjectBuffer<Item> implements BatchBuffer<Item, Item[]> {
  /** Indexed by lane. A lane that was never used is a hole. */
  readonly #lanes: Lane<Item>[] = [];
  readonly #sizeOf: ((item: Item) => number) | undefined;
  readonly #out = new Map<Item[], Taken<Item>>();
  #size = 0;
  #returnedSize = 0;
  #lastLane: Lane<Item> | undefined;

  /** @param sizeOf bytes that an item occupies. Without it, bytes are not counted */
  constructor(sizeOf?: (item: Item) => number) {
    this.#sizeOf = sizeOf;
  }

  get size(): number {
    return this.#size;
  }

  get returnedSize(): number {
    return this.#returnedSize;
  }

  get lowestLane(): number {
    const lane = this.#lanes.findIndex((candidate) => candidate !== undefined && candidate.size > 0);
    return lane === -1 ? Infinity : lane;
  }

  laneSize(lane: number): number {
    return this.#lanes[lane]?.size ?? 0;
  }

  laneBytes(lane: number): number {
    return this.#lanes[lane]?.bytes ?? 0;
  }

  push(item: Item, { lane: laneIndex }: Admission): number {
    const bytes = this.#sizeOf === undefined ? 0 : this.#measure(item, this.#sizeOf);
    const lane = (this.#lanes[laneIndex] ??= new Lane<Item>(this.#sizeOf !== undefined));
    lane.push(item, bytes);
    this.#lastLane = lane;
    this.#size += 1;
    return bytes;
  }

  undoPush(): void {
    this.#lastLane?.evictNewest();
    this.#lastLane = undefined;
    this.#size -= 1;
  }

  evict(end: 'oldest' | 'newest'): number {
    const lane = this.#lanes[this.lowestLane];
    if (lane === undefined) return 0;
    const returned = lane.returnedSize;
    const bytes = end === 'oldest' ? lane.evictOldest() : lane.evictNewest();
    this.#size -= 1;
    this.#returnedSize += lane.returnedSize - returned;
    return bytes;
  }

  take(maxItems: number, maxBytes: number): Item[] {
    const most = Math.max(maxItems, 1);
    const runs: TakenRun<Item>[] = [];
    let items = 0;
    let bytes = 0;
    for (let index = this.#lanes.length - 1; index >= 0; index -= 1) {
      const lane = this.#lanes[index];
      if (lane === undefined) continue;
      while (lane.size > 0 && items < most) {
        // The first item is taken whatever its size. If it is oversize, it goes alone, without even an item of 0 bytes.
        const isOversize = items === 0 && lane.nextBytes > maxBytes;
        const run = isOversize ? lane.take(1, Infinity) : lane.take(most - items, maxBytes - bytes);
        if (run.items.length === 0) return this.#handOut(runs, bytes, items);
        runs.push({ lane, run });
        items += run.items.length;
        bytes += run.bytes;
      }
    }
    return this.#handOut(runs, bytes, items);
  }

  putBack(batch: Item[]): void {
    const taken = this.#out.get(batch);
    if (taken === undefined) return;
    this.#out.delete(batch);
    for (const { lane, run } of taken.runs) {
      lane.putBack(run);
      this.#size += run.items.length;
      this.#returnedSize += run.items.length;
    }
  }

  release(batch: Item[]): void {
    this.#out.delete(batch);
  }

  split(batch: Item[]): [Item[], Item[]] {
    const runs = this.#out.get(batch)?.runs ?? [];
    this.#out.delete(batch);
    const first: TakenRun<Item>[] = [];
    const rest: TakenRun<Item>[] = [];
    let left = Math.floor(runs.reduce((count, { run }) => count + run.items.length, 0) / 2);
    for (const { lane, run } of runs) {
      const count = Math.min(left, run.items.length);
      left -= count;
      const [front, back] = splitRun(run, count);
      if (count > 0) first.push({ lane, run: front });
      if (count < run.items.length) rest.push({ lane, run: back });
    }
    return [this.#batchOf(first), this.#batchOf(rest)];
  }

  firstTakenAt(batch: Item[]): number {
    const runs = this.#out.get(batch)?.runs ?? [];
    return Math.min(...runs.map(({ run }) => run.takenAt as number));
  }

  laneCountOf(batch: Item[], lane: number): number {
    const runs = this.#out.get(batch)?.runs ?? [];
    return runs.reduce((count, taken) => count + (taken.lane === this.#lanes[lane] ? taken.run.items.length : 0), 0);
  }

  countOf(batch: Item[]): number {
    return this.#out.get(batch)?.runs.reduce((count, { run }) => count + run.items.length, 0) ?? 0;
  }

  bytesOf(batch: Item[]): number {
    return this.#out.get(batch)?.bytes ?? 0;
  }

  evictTakenBefore(time: number): { items: number; bytes: number } {
    let items = 0;
    let bytes = 0;
    for (const lane of this.#lanes) {
      const evicted = lane?.evictTakenBefore(time);
      items += evicted?.items ?? 0;
      bytes += evicted?.bytes ?? 0;
    }
    this.#size -= items;
    this.#returnedSize -= items;
    return { items, bytes };
  }

  /** The array handed out is a copy, so that a consumer that splices it cannot lose items that are put back. */
  #handOut(runs: Taken<Item>['runs'], bytes: number, count: number): Item[] {
    const time = now();
    for (const { run } of runs) {
      if (run.takenAt === undefined) run.takenAt = time;
      else this.#returnedSize -= run.items.length;
    }
    this.#size -= count;
    this.#lastLane = undefined;
    return this.#batchOf(runs, bytes);
  }

  #batchOf(runs: Taken<Item>['runs'], bytes = runs.reduce((sum, { run }) => sum + run.bytes, 0)): Item[] {
    const batch = ([] as Item[]).concat(...runs.map(({ run }) => run.items));
    this.#out.set(batch, { runs, bytes });
    return batch;
  }

  #measure(item: Item, sizeOf: (item: Item) => number): number {
    const bytes = sizeOf(item);
    if (!(Number.isFinite(bytes) && bytes >= 0))
      throw new RangeError(`sizeOf must return bytes from 0, got ${String(bytes)}`);
    return bytes;
  }
}
