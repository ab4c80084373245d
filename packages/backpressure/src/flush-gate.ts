import { backoffMs, type ResolvedRetryOptions } from './backoff.ts';
import { CircuitBreaker, type CircuitState, type ResolvedCircuitBreakerOptions } from './circuit-breaker.ts';
import type { FlushOutcome } from './flush-outcome.ts';

/** Before the first answer ever, the consumer is expected to come up at any moment, and is asked this often at least. */
const START_UP_BACKOFF_MS = 1_000;
/** While a drain runs there is a deadline, and waiting long is giving up. */
const DRAIN_BACKOFF_MS = 1_000;

/** What the gate must know of a flush: who it is, and when it began. */
export interface FlushStart {
  readonly startedAt: number;
}

/**
 * Says when the next flush may start. Two pauses, kept apart because they end differently: a *throttle* was asked for
 * by the consumer and lasts its time, whatever else succeeds; a *backoff* is our guess after a failure, and ends at
 * once when any flush is answered, because then the consumer is evidently well.
 */
export class FlushGate {
  readonly #retry: ResolvedRetryOptions;
  readonly #breaker: CircuitBreaker;
  #throttledUntil = -Infinity;
  #backoffUntil = -Infinity;
  /** Rounds of failures since the last answer. */
  #failures = 0;
  #lastRoundAt = -Infinity;
  #everAnswered = false;

  constructor(retry: ResolvedRetryOptions, circuitBreaker: ResolvedCircuitBreakerOptions) {
    this.#retry = retry;
    this.#breaker = new CircuitBreaker(circuitBreaker);
  }

  get circuit(): CircuitState {
    return this.#breaker.state;
  }

  get maxInFlight(): number {
    return this.#breaker.maxInFlight;
  }

  /** The moment from which a flush may start, on the clock of `now()`. */
  get opensAt(): number {
    return Math.max(this.#throttledUntil, this.#backoffUntil);
  }

  /** Whether the consumer itself has asked to be left alone until after a moment. */
  isThrottledBeyond(time: number): boolean {
    return this.#throttledUntil > time;
  }

  /** A drain has begun: what is left of a long backoff is not waited for. */
  hurry(time: number): void {
    this.#backoffUntil = Math.min(this.#backoffUntil, time + DRAIN_BACKOFF_MS / 4);
  }

  onStart(flush: FlushStart): void {
    this.#breaker.onStart(flush);
  }

  /** The consumer answered, with yes or with a final no. @returns true when an outage has ended by it */
  onAnswer(): boolean {
    this.#everAnswered = true;
    this.#failures = 0;
    this.#backoffUntil = -Infinity;
    return this.#breaker.onAnswer();
  }

  /** @returns true for the first sign of a round; flushes that were in flight together fail together, as one sign */
  onFailure(flush: FlushStart, outcome: FlushOutcome & { kind: 'retry' | 'throttled' }, time: number, draining: boolean): boolean {
    // Not `>=`: on a coarse clock those that were in flight together may begin and fail at one and the same moment.
    const firstOfRound = flush.startedAt > this.#lastRoundAt;
    if (firstOfRound) {
      this.#lastRoundAt = time;
      this.#failures += 1;
    }
    if (outcome.kind === 'throttled') this.#everAnswered = true;
    if (outcome.kind === 'throttled' && outcome.retryAfterMs !== undefined) {
      this.#breaker.onThrottled(flush);
      // Next to no time is what some servers ask for: the first backoff is the least.
      const pause = Math.max(outcome.retryAfterMs, backoffMs(1, this.#retry));
      this.#throttledUntil = Math.max(this.#throttledUntil, time + pause);
      return firstOfRound;
    }
    // A consumer that has not come up yet is not one that fails. Overload that does not say for how long is.
    const isAwaited = outcome.kind === 'retry' && outcome.unreachable === true && !this.#everAnswered;
    if (!isAwaited) this.#breaker.onFailure(flush, firstOfRound);
    // A later one of the round waits as well where an answer has ended the round's backoff: none comes back at once.
    if (firstOfRound || this.#backoffUntil === -Infinity) {
      this.#backoffUntil = time + backoffMs(Math.max(this.#failures, 1), this.#retryOptions(draining));
    }
    return firstOfRound;
  }

  #retryOptions(draining: boolean): ResolvedRetryOptions {
    const longest = draining ? DRAIN_BACKOFF_MS : this.#everAnswered ? Infinity : START_UP_BACKOFF_MS;
    return { ...this.#retry, maxBackoffMs: Math.min(this.#retry.maxBackoffMs, longest) };
  }
}
