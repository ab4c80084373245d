import type { FlushOutcome } from './flush-outcome.ts';

/** Rounds of failures without a delivery between them, after which the consumer seems to be down. */
const ROUNDS_OF_DOUBT = 3;

/** Weight of one flush in the share of flushes that fail. */
const RATE_WEIGHT = 1 / 32;
/** The share that is taken for granted: even a healthy consumer fails at times, and a few flushes prove nothing. */
const LEAST_RATE = 0.1;
/** Chance explains failures in a row that are likelier than this: a batch is not halved because of them. */
const CHANCE_TO_SPLIT = 1 / 50;
/** The same, before an item is given up for good: a consumer that fails every other flush has to fail it 20 times. */
const CHANCE_TO_GIVE_UP = 1 / 1_000_000;

/** Single items in a row that a consumer refuses as too large, nothing having been delivered between, before it is taken to refuse everything. */
const MOST_TOO_LARGE = 3;

/** A failure this long ago, with deliveries since, has nothing to do with the one at hand. */
const RECENT_MS = 5_000;

/** What must be known of a flush to judge its failure. */
interface Attempt {
  readonly startedAt: number;
  readonly suspect: { readonly failedAt: number } | undefined;
  readonly isProbe: boolean;
}

type Failure = FlushOutcome & { readonly kind: 'retry' | 'throttled' };

/**
 * What deliveries say about failures: whether a batch failed, or the consumer.
 *
 * Most failures do not tell. A connection that is reset, a 504, a time-out, or an answer that cannot be parsed may be the
 * consumer's affair, and may be what this one batch does to it. The evidence is other flushes: whether they are delivered.
 * See docs/decisions/0011-whose-failure-it-is.md.
 */
export class Evidence {
  #deliveredAt = -Infinity;
  #latestDeliveredStart = -Infinity;
  #failedAt = -Infinity;
  #roundsWithoutDelivery = 0;
  #failureRate = 0;
  #tooLargeInARow = 0;
  #mostBytesDelivered = 0;

  /** Nothing has got through for some time: what is sent next is a probe. */
  get isInDoubt(): boolean {
    return this.#roundsWithoutDelivery >= ROUNDS_OF_DOUBT;
  }

  /** The consumer refuses whatever it is sent as too large, single items of ordinary size included. */
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

  /** A flush failed that was not suspected of being the reason. */
  onFailure(time: number): void {
    this.#failedAt = time;
    this.#failureRate += RATE_WEIGHT * (1 - this.#failureRate);
  }

  /** A round of failures, in which the consumer was reached but took nothing. */
  onDoubtfulRound(): void {
    this.#roundsWithoutDelivery += 1;
  }

  /**
   * A flush was refused as too large.
   * @returns whether that is no wonder: it is one item larger than anything delivered, or others get through
   */
  onTooLarge(items: number, bytes: number): boolean {
    if (items === 1 && !(bytes > this.#mostBytesDelivered && this.#mostBytesDelivered > 0)) this.#tooLargeInARow += 1;
    return !this.refusesEverything;
  }

  /**
   * Whether others get through while a flush fails: one that began after it was delivered, or anything was since the
   * failure before. For a batch that was set aside that is its own. Any other is put back when it fails, and sent again
   * first, so that two failures with a delivery between them are mostly of the same items.
   */
  takesOthers({ startedAt, suspect, isProbe }: Attempt, time: number): boolean {
    if (this.#latestDeliveredStart > startedAt) return true;
    // What was delivered before a probe was delivered by the consumer as it was then.
    if (isProbe) return false;
    if (suspect !== undefined) return this.#deliveredAt > suspect.failedAt;
    return this.#deliveredAt > this.#failedAt && time - this.#failedAt < RECENT_MS;
  }

  /** Whether so many failures of one batch, while others were delivered, are more than the bad luck of a consumer that fails now and then. */
  suggestsBatch(failures: number): boolean {
    return this.#chanceOf(failures) <= CHANCE_TO_SPLIT;
  }

  /** The same, with the certainty that it takes to give an item up. */
  provesItem(failures: number): boolean {
    return this.#chanceOf(failures) <= CHANCE_TO_GIVE_UP;
  }

  #chanceOf(failures: number): number {
    return Math.max(this.#failureRate, LEAST_RATE) ** failures;
  }
}

/** Whether the batch may be the reason. It is not where no connection was made, or where the consumer asked for a pause. */
export function mayBeTheBatch(failure: Failure): boolean {
  return failure.kind === 'retry' ? failure.unreachable !== true : failure.retryAfterMs === undefined;
}
