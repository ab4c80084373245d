import { admissionTo } from '../src/index.ts';
import { expect, vi } from 'vitest';
import type { BatchBuffer } from '../src/index.ts';
import type { BatchBufferSubject } from './batch-buffer-contract.ts';

interface ModelItem {
  readonly id: number;
  readonly lane: number;
  readonly bytes: number;
  takenAt?: number;
}

/** One operation on a buffer. */
export type BufferStep =
  | { readonly kind: 'push'; readonly lane: number; readonly count: number; readonly bytes: number }
  | { readonly kind: 'undoPush'; readonly lane: number }
  | { readonly kind: 'take'; readonly maxItems: number; readonly maxBytes: number }
  | { readonly kind: 'putBack' | 'release' | 'split'; readonly batch: number }
  | { readonly kind: 'evict'; readonly end: 'oldest' | 'newest'; readonly count: number }
  | { readonly kind: 'evictTakenBefore'; readonly age: number }
  | { readonly kind: 'advance'; readonly millis: number };

/** The expected behaviour of a buffer, with arrays that are sorted again each time. Ids are the order of arrival. */
export class BatchBufferModel<Item, Batch> {
  private readonly subject: BatchBufferSubject<Item, Batch>;
  private queued: ModelItem[] = [];
  private out: { readonly batch: Batch; readonly items: ModelItem[] }[] = [];
  private nextId = 0;

  constructor(subject: BatchBufferSubject<Item, Batch>) {
    this.subject = subject;
  }

  apply(step: BufferStep): void {
    switch (step.kind) {
      case 'push':
        for (let count = 0; count < step.count; count += 1) this.push(step.lane, step.bytes);
        break;
      case 'undoPush':
        this.push(step.lane, 100);
        this.queued.pop();
        this.subject.buffer.undoPush();
        break;
      case 'take':
        this.take(step.maxItems, step.maxBytes);
        break;
      case 'putBack':
      case 'release':
        this.settle(step.kind, step.batch);
        break;
      case 'split':
        this.split(step.batch);
        break;
      case 'evict':
        for (let count = 0; count < step.count; count += 1) this.evict(step.end);
        break;
      case 'evictTakenBefore':
        this.evictTakenBefore(performance.now() - step.age);
        break;
      case 'advance':
        vi.advanceTimersByTime(step.millis);
    }
    this.check();
  }

  /** Checks that everything that is held comes out as expected. */
  finish(): void {
    while (this.out.length > 0) this.settle('putBack', this.out.length - 1);
    this.take(Infinity, Infinity);
    this.check();
  }

  private push(lane: number, bytes: number): void {
    const { buffer, itemOf } = this.subject;
    const id = this.nextId;
    this.nextId += 1;
    this.queued.push({ id, lane, bytes: buffer.push(itemOf(id, bytes), admissionTo(lane)) });
  }

  private take(maxItems: number, maxBytes: number): void {
    const { buffer, idsOf } = this.subject;
    const items: ModelItem[] = [];
    let bytes = 0;
    for (const item of this.queued.toSorted((a, b) => b.lane - a.lane || a.id - b.id)) {
      bytes += item.bytes;
      if (items.length > 0 && (items.length >= maxItems || bytes > maxBytes)) break;
      items.push(item);
    }
    this.queued = this.queued.filter((item) => !items.includes(item));
    for (const item of items) item.takenAt ??= performance.now();
    const batch = buffer.take(maxItems, maxBytes);
    expect(idsOf(batch)).toEqual(items.map(({ id }) => id));
    expect(buffer.countOf(batch)).toBe(items.length);
    expect(buffer.bytesOf(batch)).toBe(bytesOf(items));
    expectLanes(buffer, batch, items);
    this.out.push({ batch, items });
  }

  private settle(kind: 'putBack' | 'release', choice: number): void {
    const { buffer, idsOf } = this.subject;
    const [settled] = this.out.splice(choice % Math.max(this.out.length, 1), 1);
    if (settled === undefined) return;
    // Items that were pushed, evicted and released meanwhile have not changed the batches that are out.
    expect(idsOf(settled.batch)).toEqual(settled.items.map(({ id }) => id));
    buffer[kind](settled.batch);
    if (kind === 'putBack') this.queued.push(...settled.items);
    this.queued.sort((a, b) => a.id - b.id);
  }

  private split(choice: number): void {
    const { buffer, idsOf } = this.subject;
    const index = choice % Math.max(this.out.length, 1);
    const whole = this.out[index];
    if (whole === undefined || whole.items.length < 2) return;
    const middle = Math.floor(whole.items.length / 2);
    const halves = [whole.items.slice(0, middle), whole.items.slice(middle)];
    const parts = buffer.split(whole.batch).map((batch, part) => ({ batch, items: halves[part] as ModelItem[] }));
    for (const { batch, items } of parts) {
      expect(idsOf(batch)).toEqual(items.map(({ id }) => id));
      expect([buffer.countOf(batch), buffer.bytesOf(batch)]).toEqual([items.length, bytesOf(items)]);
      expectLanes(buffer, batch, items);
      expect(buffer.firstTakenAt(batch)).toBe(Math.min(...items.map(({ takenAt }) => takenAt as number)));
    }
    this.out.splice(index, 1, ...parts);
  }

  private evict(end: 'oldest' | 'newest'): void {
    const lowest = this.queued.filter(({ lane }) => lane === this.lowestLane);
    const evicted = end === 'oldest' ? lowest[0] : lowest.at(-1);
    this.queued = this.queued.filter((item) => item !== evicted);
    expect(this.subject.buffer.evict(end)).toBe(evicted?.bytes ?? 0);
  }

  private evictTakenBefore(time: number): void {
    const evicted = this.queued.filter(({ takenAt = Infinity }) => takenAt < time);
    this.queued = this.queued.filter((item) => !evicted.includes(item));
    expect(this.subject.buffer.evictTakenBefore(time)).toEqual({ items: evicted.length, bytes: bytesOf(evicted) });
  }

  private get lowestLane(): number {
    return Math.min(Infinity, ...this.queued.map(({ lane }) => lane));
  }

  private check(): void {
    const { buffer } = this.subject;
    expect(buffer.size).toBe(this.queued.length);
    expect(buffer.returnedSize).toBe(this.queued.filter(({ takenAt }) => takenAt !== undefined).length);
    expect(buffer.lowestLane).toBe(this.lowestLane);
    for (let index = 0; index < 5; index += 1) {
      const items = this.queued.filter(({ lane }) => lane === index);
      expect([buffer.laneSize(index), buffer.laneBytes(index)]).toEqual([items.length, bytesOf(items)]);
    }
  }
}

/** A buffer may not know the lanes of a batch. */
function expectLanes<Batch>(buffer: BatchBuffer<never, Batch>, batch: Batch, items: readonly ModelItem[]): void {
  if (buffer.laneCountOf === undefined) return;
  for (let index = 0; index < 5; index += 1)
    expect(buffer.laneCountOf(batch, index)).toBe(items.filter(({ lane }) => lane === index).length);
}

function bytesOf(items: readonly ModelItem[]): number {
  return items.reduce((total, { bytes }) => total + bytes, 0);
}
