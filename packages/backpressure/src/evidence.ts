import type { FlushOutcome } from './flush-outcome.ts';

/** Rounds of failures without a delivery between them, after which the consumer seems to be down. */
const ROUNDS_OF_DOUBT = 3;

/** Weight of one flush in the share of flushes that fail. */
const RATE_WEIGHT = 1 / 32;
/** The rate is assumed to be at least this: even a healthy consumer fails at times, and a few flushes prove nothing. */
const LEAST_RATE = 0.1;
/** A batch is halved once chance alone would explain its failures in a row with at most this probability. */
const CHANCE_TO_SPLIT = 1 / 50;
/** The same for giving an item up. If the consumer fails every other flush, the item must fail 20 times. */
const CHANCE_TO_GIVE_UP = 1 / 1_000_000;

/**
 * If a consumer rejects more single items in a row than this as too large, with no delivery in between, it is taken to
 * reject everything.
 */
const MOST_TOO_LARGE = 3;

/** A failure this long ago, with deliveries since, has nothing to do with the current one. */
const RECENT_MS = 5_000;

/** What must be known about a flush to judge its failure. */
interface Attempt {
  readonly startedAt: number;
  readonly suspect: { readonly failedAt: number } | undefined;
  readonly isProbe: boolean;
}

type Failure = FlushOutcome & { readonly kind: 'retry' | 'throttled' };

/**
 * Judges by deliveries whether a batch is the reason for a failure, or the consumer.
 *
 * Most failures do not say. A reset connection, a 504, a time-out, or an answer that cannot be parsed may be the
 * consumer's own trouble, or may be caused by this one batch. The evidence is whether other flushes are delivered. See
 * docs/decisions/0011-whose-failure-it-is.md.
 */
export class Evidence {
  #deliveredAt = -Infinity;
  #latestDeliveredStart = -Infinity;
  #failedAt = -Infinity;
  #roundsWithoutDelivery = 0;
  #failureRate = 0;
  #tooLargeInARow = 0;
  #mostBytesDelivered = 0;

  /** Nothing has got through for some time, so the next flush is a probe. */
  get isInDoubt(): boolean {
    return this.#roundsWithoutDelivery >= ROUNDS_OF_DOUBT;
  }

  /** The consumer rejects everything as too large, even single items of ordinary size. */
  get refusesEverything(): boolean {
    return this.#tooLargeInARow > MOST_TOO_LARGE;
  }

  onDelivered(startedAt: number, bytes: number, time: number): void {
    this.#deliveredAt = time;
    this.#latestDeliveredStart = Math.max(this.#latestDeliveredStart, startedAt);
    this.#roundsWithoutDelivery = 0;
    this.#failureRate -= RATE_WEIGHT * this.#failureRate;
    this.#tooLargeInARow = 0;
    this.#mostBytesDelivered = Math.max(this.#mostBytesDelivered, bytes);
  }

  /** A flush failed, other than one of a batch that is tried alone. */
  onFailure(time: number): void {
    this.#failedAt = time;
    this.#failureRate += RATE_WEIGHT * (1 - this.#failureRate);
  }

  /** There was a round of failures in which the consumer was reached but took nothing. */
  onDoubtfulRound(): void {
    this.#roundsWithoutDelivery += 1;
  }

  /**
   * The consumer rejected a flush as too large. A single item speaks against the consumer, unless it is larger than
   * anything delivered.
   * @returns whether the flush is taken to be too large, and not the consumer to be failing
   */
  onTooLarge(items: number, bytes: number): boolean {
    if (items === 1 && !(bytes > this.#mostBytesDelivered && this.#mostBytesDelivered > 0)) this.#tooLargeInARow += 1;
    return !this.refusesEverything;
  }

  /**
   * Whether other flushes get through while this one fails: one that started later was delivered, or any was delivered
   * since the previous failure. For a batch that was set aside, that is its own previous failure. Any other batch is
   * put back when it fails and sent again first, so two failures with a delivery in between are mostly of the same
   * items.
   */
  takesOthers({ startedAt, suspect, isProbe }: Attempt, time: number): boolean {
    if (this.#latestDeliveredStart > startedAt) return true;
    // Deliveries before a probe say nothing about the consumer as it is now.
    if (isProbe) return false;
    if (suspect !== undefined) return this.#deliveredAt > suspect.failedAt;
    return this.#deliveredAt > this.#failedAt && time - this.#failedAt < RECENT_MS;
  }

  /**
   * Whether this many failures of one batch, while others were delivered, are more than the chance failures of the
   * consumer.
   */
  suggestsBatch(failures: number): boolean {
    return this.#chanceOf(failures) <= CHANCE_TO_SPLIT;
  }

  /** The same, with the certainty that is needed to give an item up. */
  provesItem(failures: number): boolean {
    return this.#chanceOf(failures) <= CHANCE_TO_GIVE_UP;
  }

  #chanceOf(failures: number): number {
    return Math.max(this.#failureRate, LEAST_RATE) ** failures;
  }
}

/** Whether the batch may be the reason. It is not if no connection was made, or if the consumer asked for a pause. */
export function mayBeTheBatch(failure: Failure): boolean {
  return failure.kind === 'retry' ? failure.unreachable !== true : failure.retryAfterMs === undefined;
}
