import type { ConcurrencyTicket } from './adaptive-concurrency.ts';
import type { Timer } from './clock.ts';
import type { PendingReplay } from './replay.ts';
import type { Load } from './send-window.ts';
import type { Suspect } from './suspect.ts';

/**
 * A flush counts as hung if one that started this much later was answered, or if none was answered for this long. If the
 * consumer lets connections hang, one extra flush in this time finds out that it is back: within 1 s at the median and
 * 2 s at the 95th percentile, the time of the flush included.
 */
const HUNG_AFTER_MS = 1_500;
/**
 * After this many extra flushes, each pause is twice the previous one, so that a place is left even if nothing ever times
 * out. Until then, the 10 s have passed after which exporters time out by default.
 */
const HUNG_AT_FULL_PACE = 5;

/** What a flush carries. */
export type Cargo<Batch> =
  | { readonly kind: 'batch'; readonly batch: Batch }
  /** Items that an overflow has kept. */
  | ({ readonly kind: 'replay' } & PendingReplay);

/** One flush in flight. Its identity distinguishes its result from that of any other flush, however late it comes. */
export interface Flight<Batch> {
  readonly cargo: Cargo<Batch>;
  readonly items: number;
  readonly bytes: number;
  readonly startedAt: number;
  readonly abort: AbortController;
  readonly ticket: ConcurrencyTicket;
  /** What was in flight when it started, including itself. */
  readonly load: Load;
  /** Set if its batch had been set aside. */
  readonly suspect: Suspect<Batch> | undefined;
  /**
   * Its batch is known to fail while others are delivered. So it takes no place, and its failure says nothing about the
   * consumer.
   */
  readonly isAlone: boolean;
  /** It was sent to find out whether the consumer is back. */
  readonly isProbe: boolean;
  timer: Timer | undefined;
  timedOut: boolean;
}

/**
 * The flushes in flight, and whether another one may start. A flush that hangs must not stop the others until it times
 * out. Once a later flush was answered, the hung one no longer takes a place. While no flush is answered, an extra one
 * is let through every 1.5 s, and later after growing pauses, to see whether the consumer is back. There are
 * never more flushes than configured.
 */
export class Flights<Batch> implements Iterable<Flight<Batch>> {
  readonly #flights = new Set<Flight<Batch>>();
  readonly #most: number;
  #latestAnsweredStart = -Infinity;
  /** When a flush last started or was answered. */
  #lastSignAt = -Infinity;
  items = 0;
  bytes = 0;
  /** Flushes of batches that are tried alone. */
  alone = 0;
  readonly replays = { flushes: 0, items: 0, bytes: 0 };

  /** @param maxConcurrentFlushes as configured. The limit that adapts below it is passed to `opensAt` */
  constructor(maxConcurrentFlushes: number) {
    this.#most = maxConcurrentFlushes;
  }

  get size(): number {
    return this.#flights.size;
  }

  has(flight: Flight<Batch>): boolean {
    return this.#flights.has(flight);
  }

  [Symbol.iterator](): Iterator<Flight<Batch>> {
    return this.#flights.values();
  }

  /** When the oldest one started; `Infinity` if none is in flight. */
  get oldestStartedAt(): number {
    for (const { startedAt } of this.#flights) return startedAt;
    return Infinity;
  }

  /** The flushes that do not carry replays. */
  ofBatches(): Flight<Batch>[] {
    return [...this.#flights].filter(({ cargo }) => cargo.kind === 'batch');
  }

  add(flight: Flight<Batch>): void {
    this.#flights.add(flight);
    this.#lastSignAt = flight.startedAt;
    this.items += flight.items;
    this.bytes += flight.bytes;
    if (flight.isAlone) this.alone += 1;
    if (flight.cargo.kind === 'replay') this.#countReplay(flight, 1);
  }

  remove(flight: Flight<Batch>): void {
    this.#flights.delete(flight);
    flight.timer?.cancel();
    this.items -= flight.items;
    this.bytes -= flight.bytes;
    if (flight.isAlone) this.alone -= 1;
    if (flight.cargo.kind === 'replay') this.#countReplay(flight, -1);
  }

  onAnswer(flight: Flight<Batch>, time: number): void {
    this.#latestAnsweredStart = Math.max(this.#latestAnsweredStart, flight.startedAt);
    this.#lastSignAt = time;
  }

  /**
   * Other pipelines get answers again. One extra flush may now find out whether this one does too, even if its others
   * hang.
   */
  onOthersAnswered(): void {
    this.#lastSignAt = -Infinity;
  }

  /**
   * When one more flush may start, on the clock of `now()`: immediately if fewer than `limit` take a place; `Infinity`
   * if one must end first.
   */
  opensAt(limit: number): number {
    if (this.isFull) return Infinity;
    if (this.hasPlace(limit)) return -Infinity;
    return (
      this.#lastSignAt + HUNG_AFTER_MS * 2 ** Math.max(0, this.#flights.size - this.alone - limit - HUNG_AT_FULL_PACE)
    );
  }

  /** Whether as many flushes are in flight as configured. */
  get isFull(): boolean {
    return this.#flights.size >= this.#most;
  }

  /** Whether fewer than `limit` flushes take a place. */
  hasPlace(limit: number): boolean {
    return this.#flights.size - this.alone < limit || this.#places() < limit;
  }

  #countReplay({ items, bytes }: Flight<Batch>, sign: 1 | -1): void {
    this.replays.flushes += sign;
    this.replays.items += sign * items;
    this.replays.bytes += sign * bytes;
  }

  #places(): number {
    let places = 0;
    for (const flight of this.#flights) {
      if (!flight.isAlone && flight.startedAt + HUNG_AFTER_MS > this.#latestAnsweredStart) places += 1;
    }
    return places;
  }
}
