import type { ConcurrencyTicket } from './adaptive-concurrency.ts';
import type { Timer } from './clock.ts';
import type { PendingReplay } from './replay.ts';
import type { Load } from './send-window.ts';
import type { Suspect } from './suspect.ts';

/** A flush is taken for hung when it began this much before one that was answered, or when none was for this long. */
const HUNG_AFTER_MS = 2_000;
/**
 * One more flush every 2 s finds out within 2 s that a consumer is back which lets connections hang. More hanging flushes than
 * this, beside those that the limit allows, come at doubled pauses: where nothing ever times out, a place must be left.
 */
const HUNG_AT_FULL_PACE = 4;

/** What a flush carries. */
export type Cargo<Batch> =
  | { readonly kind: 'batch'; readonly batch: Batch }
  /** Items that an overflow has kept. */
  | ({ readonly kind: 'replay' } & PendingReplay);

/** One flush in flight. Its identity tells its result from that of any other flush, however late. */
export interface Flight<Batch> {
  readonly cargo: Cargo<Batch>;
  readonly items: number;
  readonly bytes: number;
  readonly startedAt: number;
  readonly abort: AbortController;
  readonly ticket: ConcurrencyTicket;
  /** What was in flight when it began, itself included. */
  readonly load: Load;
  /** Its batch had been set aside. */
  readonly suspect: Suspect<Batch> | undefined;
  /** It is known to fail while others are delivered: it holds no place, and its failure says nothing about the consumer. */
  readonly isAlone: boolean;
  /** It was sent to find out whether the consumer is back. */
  readonly isProbe: boolean;
  timer: Timer | undefined;
  timedOut: boolean;
}

/**
 * The flushes in flight, and whether another may join them. One that hangs must not stop the others until it times out:
 * once a later one was answered it holds no place; and while none is answered one more is let through every two seconds, later
 * after growing pauses, to see whether the consumer is back. Never more than are configured.
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
  /** Flushes of replays. */
  replays = 0;

  /** @param maxConcurrentFlushes as configured; what adapts below it is passed to `opensAt` */
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

  /** Those that do not carry replays. */
  ofBatches(): Flight<Batch>[] {
    return [...this.#flights].filter(({ cargo }) => cargo.kind === 'batch');
  }

  add(flight: Flight<Batch>): void {
    this.#flights.add(flight);
    this.#lastSignAt = flight.startedAt;
    this.items += flight.items;
    this.bytes += flight.bytes;
    if (flight.isAlone) this.alone += 1;
    if (flight.cargo.kind === 'replay') this.replays += 1;
  }

  remove(flight: Flight<Batch>): void {
    this.#flights.delete(flight);
    flight.timer?.cancel();
    this.items -= flight.items;
    this.bytes -= flight.bytes;
    if (flight.isAlone) this.alone -= 1;
    if (flight.cargo.kind === 'replay') this.replays -= 1;
  }

  onAnswer(flight: Flight<Batch>, time: number): void {
    this.#latestAnsweredStart = Math.max(this.#latestAnsweredStart, flight.startedAt);
    this.#lastSignAt = time;
  }

  /** Other pipelines are answered again: one more flush may find out at once whether this pipeline is too, though others hang. */
  onOthersAnswered(): void {
    this.#lastSignAt = -Infinity;
  }

  /**
   * When one more flush may start, on the clock of `now()`: at once, where fewer than `limit` hold a place; `Infinity`
   * where only the end of one makes room.
   */
  opensAt(limit: number): number {
    if (this.isFull) return Infinity;
    if (this.hasPlace(limit)) return -Infinity;
    return this.#lastSignAt + HUNG_AFTER_MS * 2 ** Math.max(0, this.#flights.size - this.alone - limit - HUNG_AT_FULL_PACE);
  }

  /** As many flushes are in flight as are configured. */
  get isFull(): boolean {
    return this.#flights.size >= this.#most;
  }

  /** Whether fewer than `limit` hold a place. */
  hasPlace(limit: number): boolean {
    return this.#flights.size - this.alone < limit || this.#places() < limit;
  }

  #places(): number {
    let places = 0;
    for (const flight of this.#flights) {
      if (!flight.isAlone && flight.startedAt + HUNG_AFTER_MS > this.#latestAnsweredStart) places += 1;
    }
    return places;
  }
}
