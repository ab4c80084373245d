import { backoffMs } from './backoff.ts';
import type { ResolvedConfig } from './resolved-config.ts';
import type { BatchBuffer } from './batch-buffer.ts';
import type { Evidence } from './evidence.ts';
import type { Flight } from './flights.ts';
import type { Blame, Suspect } from './suspect.ts';
import type { Waiters } from './waiters.ts';

/** A single item is not given up before its batch has failed for this long, because trouble on the network may pass. */
const SUSPECTED_FOR_MS = 10_000;

/** While a caller waits, there is a deadline, so batches set aside are tried at least this often. */
const HURRIED_BACKOFF_MS = 1_000;

/** A batch that is tried alone is halved after this many failures in a row, even if no other flush gives evidence. */
const ATTEMPTS_WITHOUT_EVIDENCE = 3;

/** At most this share of the bounds on items and on bytes may be set aside, so never a whole queue. */
const MOST_SHARE = 1 / 8;
/** Each batch keeps the memory around it in use, so their number is bounded as well. */
const MOST_BATCHES = 32;

/**
 * The batches that are set aside, the one that was tried longest ago first. They are held like any other batch and
 * count against the bounds. But they are not in the buffer: they do not merge with other items, and cannot be evicted
 * for them.
 */
export class SetAside<Item, Batch> implements Iterable<Suspect<Batch>> {
  readonly #buffer: BatchBuffer<Item, Batch>;
  readonly #retry: ResolvedConfig<Item, Batch>['retry'];
  readonly #evidence: Evidence;
  readonly #waiters: Waiters;
  readonly #maxItems: number;
  readonly #maxBytes: number;
  readonly #suspects = new Set<Suspect<Batch>>();
  items = 0;
  bytes = 0;

  constructor(
    buffer: BatchBuffer<Item, Batch>,
    config: ResolvedConfig<Item, Batch>,
    evidence: Evidence,
    waiters: Waiters,
  ) {
    this.#buffer = buffer;
    this.#retry = config.retry;
    this.#evidence = evidence;
    this.#waiters = waiters;
    this.#maxItems = Math.max(1, config.maxBufferSize * MOST_SHARE);
    this.#maxBytes = config.maxBufferBytes * MOST_SHARE;
  }

  get size(): number {
    return this.#suspects.size;
  }

  get isFull(): boolean {
    return this.#suspects.size >= MOST_BATCHES || this.items >= this.#maxItems || this.bytes >= this.#maxBytes;
  }

  /** When the next batch that is not due yet will be due; `Infinity` if there is none. */
  dueAfter(time: number): number {
    let next = Infinity;
    for (const { dueAt } of this.#suspects) if (dueAt > time) next = Math.min(next, dueAt);
    return next;
  }

  [Symbol.iterator](): Iterator<Suspect<Batch>> {
    return this.#suspects.values();
  }

  /** Whether a new batch may be set aside. A single item always may if no other batch is. */
  hasRoomFor(items: number, bytes: number): boolean {
    // A batch that cannot be halved would stay aside until it is delivered, and others would leave before it.
    if (this.#buffer.isIndivisible === true) return false;
    if (this.#suspects.size === 0 && items === 1) return true;
    return (
      this.#suspects.size < MOST_BATCHES && this.items + items <= this.#maxItems && this.bytes + bytes <= this.#maxBytes
    );
  }

  keep(suspect: Suspect<Batch>): void {
    this.#suspects.add(suspect);
    this.items += suspect.items;
    this.bytes += suspect.bytes;
  }

  /** Whether to give up a single item: it failed alone, again and again, while others were delivered. */
  isProven({ suspect, items }: Flight<Batch>, blame: Blame, time: number): boolean {
    return (
      suspect !== undefined &&
      items === 1 &&
      blame === 'items' &&
      time - suspect.since >= SUSPECTED_FOR_MS &&
      this.#evidence.provesItem(suspect.strikes + 1)
    );
  }

  /** Sets a failed batch aside, or its two halves if it has failed often enough. */
  add(flight: Flight<Batch>, batch: Batch, blame: Blame, latencyMs: number, time: number): void {
    const { items, bytes, suspect } = flight;
    const strikes = (suspect?.strikes ?? 0) + (blame === 'items' ? 1 : 0);
    const attempts = (suspect?.attempts ?? 0) + 1;
    const aside: Suspect<Batch> = {
      batch,
      items,
      bytes,
      since: suspect?.since ?? flight.startedAt,
      firstTakenAt: suspect?.firstTakenAt ?? this.#buffer.firstTakenAt(batch),
      strikes,
      isDenied: blame === 'credentials',
      attempts,
      failedAt: time,
      dueAt: time + this.#asideFor(attempts, flight.isAlone ? latencyMs : 0),
    };
    const isHalved = suspect !== undefined && items > 1 && this.#isHalved(aside, blame, flight.isAlone);
    // If others get through, the halves start over, because one of them will most likely get through too.
    const moved =
      isHalved && blame === 'items' ? { ...aside, strikes: 1, attempts: 0, dueAt: time + this.#asideFor(1, 0) } : aside;
    // A barrier knows batches by their identity, so it must be told of the same object that is kept or split.
    this.#waiters.onMoved(flight, [moved]);
    for (const part of isHalved ? this.split(moved) : [moved]) this.keep(part);
  }

  /**
   * Halving costs only a few requests. So it does not need certainty if a caller waits, because that would take too
   * long, or if nothing else is sent, because then there is no evidence.
   */
  #isHalved({ strikes, attempts }: Suspect<Batch>, blame: Blame, isAlone: boolean): boolean {
    if (blame === 'credentials') return false;
    if (blame === 'items' && this.#evidence.suggestsBatch(strikes)) return true;
    return isAlone && (this.#waiters.size > 0 || attempts >= ATTEMPTS_WITHOUT_EVIDENCE);
  }

  /**
   * At least as long as the attempt took. So if only one flush may be in flight, a batch that hangs takes at most half
   * of the time.
   */
  #asideFor(attempts: number, latencyMs: number): number {
    const backoff = Math.max(backoffMs(attempts, this.#retry, Infinity), latencyMs);
    return this.#waiters.size > 0 ? Math.min(backoff, HURRIED_BACKOFF_MS) : backoff;
  }

  /** Both halves inherit what is known about the whole. Neither is kept yet. */
  split(suspect: Suspect<Batch>): [Suspect<Batch>, Suspect<Batch>] {
    const halves = this.#buffer.split(suspect.batch).map((batch): Suspect<Batch> => ({
      ...suspect,
      batch,
      items: this.#buffer.countOf(batch),
      bytes: this.#buffer.bytesOf(batch),
      firstTakenAt: this.#buffer.firstTakenAt(batch),
    })) as [Suspect<Batch>, Suspect<Batch>];
    this.#waiters.onMoved(suspect, halves);
    return halves;
  }

  remove(suspect: Suspect<Batch>): void {
    if (!this.#suspects.delete(suspect)) return;
    this.items -= suspect.items;
    this.bytes -= suspect.bytes;
  }

  /** The first batch that is due and that `mayTry` allows. */
  due(time: number, mayTry: (suspect: Suspect<Batch>) => boolean): Suspect<Batch> | undefined {
    for (const suspect of this.#suspects) if (suspect.dueAt <= time && mayTry(suspect)) return suspect;
    return undefined;
  }

  /** The batch that was tried longest ago. */
  get first(): Suspect<Batch> | undefined {
    for (const suspect of this.#suspects) return suspect;
    return undefined;
  }

  /** A caller waits from now on: cuts the rest of long backoffs short. */
  hurry(time: number): void {
    for (const suspect of this.#suspects) suspect.dueAt = Math.min(suspect.dueAt, time + HURRIED_BACKOFF_MS / 4);
  }
}
