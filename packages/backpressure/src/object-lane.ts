import { BoundedBuffer } from './bounded-buffer.ts';

/** Neighbouring items of one lane that were taken together. */
export interface Run<Item> {
  readonly items: Item[];
  readonly sizes: number[];
  readonly bytes: number;
  /** How many items of the lane came before the first one. This restores the order. */
  readonly position: number;
  /** When the run was first taken, on the clock of `now()`. */
  takenAt: number | undefined;
}

/** Splits a run in two: the first `count` items, and the rest. */
export function splitRun<Item>(run: Run<Item>, count: number): [Run<Item>, Run<Item>] {
  const { items, sizes, bytes, position, takenAt } = run;
  const front = sizes.slice(0, count);
  const frontBytes = front.reduce((sum, size) => sum + size, 0);
  return [
    { items: items.slice(0, count), sizes: front, bytes: frontBytes, position, takenAt },
    {
      items: items.slice(count),
      sizes: sizes.slice(count),
      bytes: bytes - frontBytes,
      position: position + count,
      takenAt,
    },
  ];
}

/** A run that came back and is being taken again, or evicted, from its front. */
interface Returned<Item> {
  readonly run: Run<Item>;
  first: number;
}

/**
 * One lane of an {@link ObjectBuffer}: new items are in a ring, behind the runs that were put back.
 *
 * ```
 *  returned (by position)        ring
 *  [ 3 4 5 ] [ 9 10 11 ]         12 13 14 15 ...
 * ```
 * Everything returned is older than everything in the ring, since only the ring's front is ever taken.
 */
export class Lane<Item> {
  readonly #ring = new BoundedBuffer<Item>(Infinity);
  readonly #ringSizes: BoundedBuffer<number> | undefined;
  readonly #returned: Returned<Item>[] = [];
  #returnedCount = 0;
  #ringPosition = 0;
  #bytes = 0;

  constructor(countsBytes: boolean) {
    this.#ringSizes = countsBytes ? new BoundedBuffer<number>(Infinity) : undefined;
  }

  get size(): number {
    return this.#returnedCount + this.#ring.size;
  }

  /** Items that were taken before. */
  get returnedSize(): number {
    return this.#returnedCount;
  }

  /** Bytes of all items. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of the item that would be taken next. */
  get nextBytes(): number {
    const front = this.#returned[0];
    return front === undefined ? (this.#ringSizes?.peek() ?? 0) : (front.run.sizes[front.first] ?? 0);
  }

  push(item: Item, bytes: number): void {
    this.#ring.push(item);
    this.#ringSizes?.push(bytes);
    this.#bytes += bytes;
  }

  /** Takes from the oldest run only. The result is empty if its first item exceeds `maxBytes`. */
  take(maxItems: number, maxBytes: number): Run<Item> {
    const front = this.#returned[0];
    const run =
      front === undefined ? this.#takeFromRing(maxItems, maxBytes) : this.#takeReturned(front, maxItems, maxBytes);
    this.#bytes -= run.bytes;
    return run;
  }

  putBack(run: Run<Item>): void {
    let index = this.#returned.length;
    while (index > 0 && positionOf(this.#returned[index - 1] as Returned<Item>) > run.position) index -= 1;
    this.#returned.splice(index, 0, { run, first: 0 });
    this.#returnedCount += run.items.length;
    this.#bytes += run.bytes;
  }

  /** @returns the bytes of the item removed */
  evictOldest(): number {
    const bytes = this.nextBytes;
    const front = this.#returned[0];
    if (front === undefined) {
      this.#ring.shift();
      this.#ringSizes?.shift();
      this.#ringPosition += 1;
    } else {
      this.#advance(front, 1);
    }
    this.#bytes -= bytes;
    return bytes;
  }

  /** @returns the bytes of the item removed */
  evictNewest(): number {
    const bytes = this.#popNewest();
    this.#bytes -= bytes;
    return bytes;
  }

  evictTakenBefore(time: number): { items: number; bytes: number } {
    let items = 0;
    let bytes = 0;
    for (const returned of [...this.#returned]) {
      if ((returned.run.takenAt as number) >= time) continue;
      const left = returned.run.items.length - returned.first;
      items += left;
      for (let index = returned.first; index < returned.run.items.length; index += 1)
        bytes += returned.run.sizes[index] ?? 0;
      this.#returned.splice(this.#returned.indexOf(returned), 1);
      this.#returnedCount -= left;
    }
    this.#bytes -= bytes;
    return { items, bytes };
  }

  #popNewest(): number {
    if (this.#ring.size > 0) {
      this.#ring.pop();
      return this.#ringSizes?.pop() ?? 0;
    }
    const last = this.#returned.at(-1) as Returned<Item>;
    last.run.items.pop();
    this.#returnedCount -= 1;
    const bytes = last.run.sizes.pop() ?? 0;
    if (last.first === last.run.items.length) this.#returned.pop();
    return bytes;
  }

  #takeFromRing(maxItems: number, maxBytes: number): Run<Item> {
    const sizes: number[] = [];
    let bytes = 0;
    let count = Math.min(maxItems, this.#ring.size);
    if (this.#ringSizes !== undefined) {
      while (sizes.length < count && bytes + (this.#ringSizes.peek() as number) <= maxBytes) {
        const size = this.#ringSizes.shift() as number;
        bytes += size;
        sizes.push(size);
      }
      count = sizes.length;
    }
    const items = this.#ring.take(count);
    const position = this.#ringPosition;
    this.#ringPosition += items.length;
    return { items, sizes, bytes, position, takenAt: undefined };
  }

  #takeReturned(front: Returned<Item>, maxItems: number, maxBytes: number): Run<Item> {
    const { run, first } = front;
    let end = first;
    let bytes = 0;
    while (end < run.items.length && end - first < maxItems && bytes + (run.sizes[end] ?? 0) <= maxBytes) {
      bytes += run.sizes[end] ?? 0;
      end += 1;
    }
    this.#advance(front, end - first);
    const items = run.items.slice(first, end);
    return { items, sizes: run.sizes.slice(first, end), bytes, position: run.position + first, takenAt: run.takenAt };
  }

  #advance(front: Returned<Item>, count: number): void {
    front.first += count;
    this.#returnedCount -= count;
    if (front.first === front.run.items.length) this.#returned.shift();
  }
}

/**
 * The position of the first item that is left. Items taken from the front of a run may come back, and belong before it.
 */
function positionOf(returned: Returned<unknown>): number {
  return returned.run.position + returned.first;
}
