import { expect } from 'vitest';
import {
  BackpressureController,
  type BackpressureStrategy,
  type DrainOptions,
  type FlushOutcome,
  type FlushReport,
} from '../src/index.ts';
import { expectLaw } from './accounting-law.ts';
import { now } from './fake-clock.ts';
import { HeldConsumer, type HeldFlush } from './held-consumer.ts';

export interface ModelSetup {
  readonly strategy: BackpressureStrategy;
  readonly maxBufferSize: number;
  readonly batchSize: number;
  readonly maxConcurrentFlushes: number;
  /** Infinity: bytes are not counted. */
  readonly maxBufferBytes: number;
  /** Whether a flush that is aborted fails immediately, or goes on hanging. */
  readonly heedsAbort: boolean;
  /** Whether there are items at which the consumer always fails, until it is repaired. */
  readonly hasPoison: boolean;
}

export interface ModelItem {
  readonly id: number;
  readonly lane: number;
  readonly bytes: number;
}

const FLUSH_TIMEOUT_MS = 3_000;
const MAX_BLOCK_TIME_MS = 2_000;
const POISON_EVERY = 7;

/**
 * A controller and a model of it: a list of the accepted items that have not settled, in the order in which they came,
 * and which of them are out. The next flush must carry the first of those that are not out. Settled items leave the
 * list.
 */
export class ModelledController {
  readonly setup: ModelSetup;
  readonly consumer = new HeldConsumer<ModelItem>();
  readonly controller: BackpressureController<ModelItem>;
  readonly #counts = { offered: 0, accepted: 0, rejected: 0, evicted: 0, flushed: 0, failed: 0 };
  readonly #settledIds = new Set<number>();
  #unsettled: ModelItem[] = [];
  #waiting: { readonly item: ModelItem; readonly since: number }[] = [];
  /** Flushes that have neither been answered nor abandoned. */
  #out: HeldFlush<ModelItem>[] = [];
  /** Answered, and not reported yet. */
  #answered: HeldFlush<ModelItem>[] = [];
  /** Batches that are set aside. Each is sent alone, whole or in part. */
  #aside: (readonly ModelItem[])[] = [];
  /** Flushes of batches that were set aside. */
  readonly #asideFlushes = new Set<HeldFlush<ModelItem>>();
  isMended = false;
  #pausedUntil = -Infinity;
  #nextId = 0;
  /** Failures that could not be thrown to the test: inside a flush, in a callback, behind a promise. */
  readonly #failures: unknown[] = [];
  /** Items given up as undeliverable. */
  undeliverable = 0;

  constructor(setup: ModelSetup) {
    this.setup = setup;
    this.consumer.onFlush = (flush) => this.#check(() => this.#onStart(flush));
    this.controller = new BackpressureController(this.consumer.flush, {
      strategy: setup.strategy,
      maxBufferSize: setup.maxBufferSize,
      batchSize: Math.min(setup.batchSize, setup.maxBufferSize),
      maxConcurrentFlushes: setup.maxConcurrentFlushes,
      flushTimeoutMs: FLUSH_TIMEOUT_MS,
      maxBlockTimeMs: MAX_BLOCK_TIME_MS,
      sampleRate: 2,
      priorityOf: ({ lane }) => lane,
      ...(setup.maxBufferBytes === Infinity
        ? {}
        : { maxBufferBytes: setup.maxBufferBytes, sizeOf: ({ bytes }: ModelItem) => bytes }),
      onDrop: () => this.#check(() => expectLaw(this.controller)),
      onFlush: (report) => this.#check(() => this.#onReport(report)),
    });
  }

  get openFlushes(): readonly HeldFlush<ModelItem>[] {
    return this.#out;
  }

  get abandonedFlushes(): readonly HeldFlush<ModelItem>[] {
    return this.consumer.open.filter((flush) => !this.#out.includes(flush));
  }

  tryPush(lane: number, bytes: number): void {
    const item = this.#offer(lane, bytes);
    const { strategy } = this.setup;
    const fits = this.#fits(item) && this.#waiting.length === 0 && !this.#isDraining;
    const evictedBefore = this.controller.getMetrics().eventsEvicted;
    const accepted = this.controller.tryPush(item);
    if (fits && strategy !== 'sample') expect(accepted, 'an item for which there is room is let in').toBe(true);
    if (!fits && strategy === 'block') expect(accepted, 'tryPush does not wait').toBe(false);
    this.#evict(this.controller.getMetrics().eventsEvicted - evictedBefore, item);
    if (accepted) this.#accept(item);
    else this.#counts.rejected += 1;
  }

  push(lane: number, bytes: number): void {
    if (this.setup.strategy !== 'block') return this.tryPush(lane, bytes);
    const item = this.#offer(lane, bytes);
    const entry = { item, since: this.#isDraining || bytes > this.setup.maxBufferBytes ? -Infinity : now() };
    this.#waiting.push(entry);
    void this.controller.push(item).then((accepted) =>
      this.#check(() => {
        if (accepted) {
          expect(this.#waiting[0], 'producers are served in the order in which they came').toBe(entry);
          this.#accept(item);
        } else {
          this.#counts.rejected += 1;
          expect(now() - entry.since, 'a producer is refused before its time').toBeGreaterThanOrEqual(
            MAX_BLOCK_TIME_MS,
          );
        }
        this.#waiting = this.#waiting.filter((other) => other !== entry);
      }),
    );
  }

  answer(flush: HeldFlush<ModelItem>, outcome: FlushOutcome): void {
    if (!this.#out.includes(flush)) return flush.answer(outcome);
    const isPoison = this.setup.hasPoison && !this.isMended && flush.items.some(({ id }) => id % POISON_EVERY === 0);
    const answer: FlushOutcome =
      isPoison && outcome.kind === 'delivered' ? { kind: 'retry', error: new Error('poison') } : outcome;
    if (answer.kind === 'throttled')
      this.#pausedUntil = Math.max(this.#pausedUntil, now() + (answer.retryAfterMs ?? 0));
    this.#answered.push(flush);
    flush.answer(answer);
  }

  flush(options: DrainOptions): void {
    const before = [...this.#unsettled];
    void this.controller.flush(options).then((reached) =>
      this.#check(() => {
        if (reached)
          expect(
            before.filter(({ id }) => !this.#settledIds.has(id)),
            'every item accepted before has settled',
          ).toEqual([]);
      }),
    );
  }

  drain(options: DrainOptions): void {
    void this.controller
      .drain(options)
      .then(({ remaining }) => this.#check(() => expect(remaining).toBe(this.#unsettled.length)));
  }

  /** Everything that has not settled is handed over, each item once, including the items of producers that wait. */
  handOver(): void {
    const waiting = this.#waiting.map(({ item }) => item);
    const held = [...this.#unsettled];
    const taken: ModelItem[] = [];
    const count = this.controller.handOver((batch) => taken.push(...batch) > 0);
    expect(count).toBe(taken.length);
    expect(new Set(taken).size, 'no item is handed over twice').toBe(taken.length);
    expect(new Set(taken), 'every held item is handed over').toEqual(new Set([...held, ...waiting]));
    expectLaw(this.controller);
    expect(this.controller.getMetrics()).toMatchObject({
      eventsSpilled: taken.length,
      eventsFlushed: this.#counts.flushed,
      bufferSize: 0,
      inFlight: 0,
      bufferBytes: 0,
    });
    expect(this.controller.tryPush({ id: 0, lane: 0, bytes: 0 })).toBe(false);
  }

  /** What must hold at any instant. */
  expectConsistent(): void {
    if (this.#failures.length > 0) throw this.#failures[0];
    expectLaw(this.controller);
    const metrics = this.controller.getMetrics();
    const { offered, accepted, rejected, evicted, flushed, failed } = this.#counts;
    expect(metrics).toMatchObject({
      eventsOffered: offered - this.#waiting.length,
      eventsAccepted: accepted,
      eventsRefused: rejected,
      eventsEvicted: evicted,
      eventsFlushed: flushed,
      eventsFailed: failed,
    });
    expect(metrics).toMatchObject({
      inFlight: this.#outItems.size,
      bufferSize: this.#unsettled.length - this.#outItems.size,
      flushesInFlight: this.#out.length,
      setAside: this.#asideItems,
    });
    expect(this.#unsettled.length, 'bound on items').toBeLessThanOrEqual(this.setup.maxBufferSize);
    if (this.setup.maxBufferBytes < Infinity) {
      expect(metrics.bufferBytes).toBe(bytesOf(this.#unsettled));
      expect(metrics.bufferBytes, 'bound on bytes').toBeLessThanOrEqual(this.setup.maxBufferBytes);
    }
    const [first] = this.#waiting;
    if (first !== undefined) expect(this.#fits(first.item), 'no producer waits while there is room').toBe(false);
  }

  /** Every accepted item has been delivered, or was given up and counted. */
  expectAllSettled(): void {
    this.expectConsistent();
    expect(this.#unsettled).toEqual([]);
    expect(this.#waiting).toEqual([]);
    expect(this.#counts.flushed).toBe(this.#counts.accepted - this.#counts.failed - this.#counts.evicted);
    expect(this.controller.getMetrics()).toMatchObject({ state: 'normal', circuit: 'closed' });
  }

  #onStart(flush: HeldFlush<ModelItem>): void {
    expect(flush.items.length, 'a flush carries something').toBeGreaterThan(0);
    if (this.#takeAside(flush)) {
      this.#asideFlushes.add(flush);
    } else {
      const away = this.#awayItems;
      const queued = this.#unsettled
        .filter((item) => !away.has(item))
        .toSorted((a, b) => b.lane - a.lane || a.id - b.id);
      expect(flush.items, 'the oldest of the highest lane go first').toEqual(queued.slice(0, flush.items.length));
    }
    expect(now(), 'a throttle pauses every flush').toBeGreaterThanOrEqual(this.#pausedUntil);
    this.#out.push(flush);
    expect(this.#out.length, 'flushes in flight').toBeLessThanOrEqual(this.setup.maxConcurrentFlushes);
    if (this.setup.heedsAbort) {
      flush.signal.addEventListener('abort', () => this.answer(flush, { kind: 'retry', error: new Error('aborted') }), {
        once: true,
      });
    }
  }

  /** A batch that was set aside is sent alone, or at least its first part is. @returns false for a flush of others */
  #takeAside(flush: HeldFlush<ModelItem>): boolean {
    const [first] = flush.items;
    const batch = this.#aside.find((items) => items.includes(first as ModelItem));
    if (batch === undefined) return false;
    const start = batch.indexOf(first as ModelItem);
    const end = start + flush.items.length;
    expect(flush.items, 'a batch that is set aside is sent alone').toEqual(batch.slice(start, end));
    this.#aside = this.#aside
      .flatMap((items) => (items === batch ? [batch.slice(0, start), batch.slice(end)] : [items]))
      .filter((items) => items.length > 0);
    return true;
  }

  #onReport({ outcome, latencyMs, items, isUndeliverable = false }: FlushReport): void {
    expectLaw(this.controller);
    const isAbandoned = outcome.kind === 'retry' && outcome.error.name === 'FlushTimeoutError';
    const flushes = isAbandoned ? this.#out.filter((flush) => !this.#answered.includes(flush)) : this.#answered;
    const flush = flushes.find(
      (candidate) => candidate.items.length === items && Math.abs(now() - latencyMs - candidate.at) < 1e-6,
    );
    expect(flush, 'a reported flush was out').toBeDefined();
    if (flush === undefined) return;
    this.#answered = this.#answered.filter((other) => other !== flush);
    this.#out = this.#out.filter((other) => other !== flush);
    const wasAside = this.#asideFlushes.delete(flush);
    if (isUndeliverable) {
      this.undeliverable += items;
      expect(flush.items.length === 1 && wasAside, 'only a single item that was tried alone is given up').toBe(true);
      this.#settle(flush, items);
    } else if (outcome.kind === 'delivered') this.#settle(flush, Math.min(outcome.rejected ?? 0, items));
    else if (outcome.kind === 'refused' || (outcome.kind === 'too_large' && items === 1)) this.#settle(flush, items);
    else if (this.controller.getMetrics().setAside > this.#asideItems) this.#aside.push(flush.items);
  }

  get #asideItems(): number {
    return this.#aside.reduce((sum, { length }) => sum + length, 0);
  }

  #offer(lane: number, bytes: number): ModelItem {
    this.#nextId += 1;
    this.#counts.offered += 1;
    return { id: this.#nextId, lane, bytes };
  }

  #accept(item: ModelItem): void {
    this.#counts.accepted += 1;
    this.#unsettled.push(item);
  }

  #evict(count: number, pushed: ModelItem): void {
    this.#counts.evicted += count;
    for (let index = 0; index < count; index += 1) {
      const away = this.#awayItems;
      const queued = this.#unsettled.filter((item) => !away.has(item));
      const lowest = Math.min(...queued.map(({ lane }) => lane));
      const candidates = queued.filter(({ lane }) => lane === lowest);
      const victim = this.setup.strategy === 'drop_newest' ? candidates.at(-1) : candidates[0];
      expect(victim, 'only queued items are evicted').toBeDefined();
      expect(lowest, 'no item is evicted for one of a lower lane').toBeLessThanOrEqual(pushed.lane);
      this.#leave([victim as ModelItem]);
    }
  }

  #settle(flush: HeldFlush<ModelItem>, failed: number): void {
    this.#counts.failed += failed;
    this.#counts.flushed += flush.items.length - failed;
    this.#leave(flush.items);
  }

  #leave(items: readonly ModelItem[]): void {
    for (const { id } of items) {
      expect(this.#settledIds.has(id), 'an item settles once').toBe(false);
      this.#settledIds.add(id);
    }
    this.#unsettled = this.#unsettled.filter(({ id }) => !this.#settledIds.has(id));
  }

  /** A full buffer is also full for an item of 0 bytes, because its size is not known before it is in. */
  #fits(item: ModelItem): boolean {
    const { maxBufferSize, maxBufferBytes } = this.setup;
    if (this.#unsettled.length >= maxBufferSize) return false;
    const held = bytesOf(this.#unsettled);
    return maxBufferBytes === Infinity || (held < maxBufferBytes && held + item.bytes <= maxBufferBytes);
  }

  get #isDraining(): boolean {
    return this.controller.getMetrics().state === 'draining';
  }

  get #outItems(): Set<ModelItem> {
    return new Set(this.#out.flatMap(({ items }) => items));
  }

  /** Items that are not in the buffer: out, or set aside. */
  get #awayItems(): Set<ModelItem> {
    return new Set([...this.#outItems, ...this.#aside.flat()]);
  }

  #check(assertion: () => void): void {
    try {
      assertion();
    } catch (failure) {
      this.#failures.push(failure);
    }
  }
}

function bytesOf(items: readonly ModelItem[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0);
}
