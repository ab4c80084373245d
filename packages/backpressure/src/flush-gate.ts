import { backoffMs, longestBackoffMs, type ResolvedRetryOptions } from './backoff.ts';
import type { CircuitState, ResolvedCircuitBreakerOptions } from './circuit-breaker.ts';
import { now } from './clock.ts';
import { Destination, type DestinationUser, type FlushStart } from './destination.ts';
import type { FlushOutcome } from './flush-outcome.ts';

/** A drain has a deadline, so its pauses are kept short. */
const DRAIN_BACKOFF_MS = 1_000;

/**
 * The pause after a first denial. Not 0: a flush that starts on the same tick of the clock would count as part of the round
 * that failed, and would be sent again and again without a backoff.
 */
const AFTER_FIRST_DENIAL_MS = 1;

/**
 * Decides when this pipeline's next flush may start. Two pauses are kept apart because they end differently: a *throttle*
 * was asked for by the consumer and lasts its time, whatever else succeeds; a *backoff* is our guess after a failure, and
 * ends at once when any pipeline of the destination is answered.
 *
 * If the others are answered while this pipeline keeps failing, only its own way is broken (a path that does not exist,
 * a signal that the consumer does not take). It must not stop the others, and their answers must not make it retry at
 * once, again and again. Until it is answered, or the others fail too, it is then alone: with a backoff and a circuit of
 * its own.
 *
 * A pipeline whose credentials are denied is alone from the first denial on: the consumer is there, and may accept the
 * credentials of the others. The gate does not hear of a batch that is denied while others of the same pipeline are
 * delivered: that batch is set aside.
 */
export class FlushGate implements DestinationUser {
  readonly #retry: ResolvedRetryOptions;
  readonly #threshold: number;
  readonly #shared: Destination;
  #alone: Alone | undefined;
  /** `outageOver`: the circuit was open, and another pipeline's answer has closed it. */
  readonly #onOpen: (outageOver: boolean) => void;
  #throttledUntil = -Infinity;
  #backoffUntil = -Infinity;
  /** Rounds of this pipeline's failures since its last answer. */
  #failures = 0;
  /** Of those failures, without throttles. */
  #firstFailureAt = Infinity;
  #lastFailureAt = -Infinity;
  #lastRoundAt = -Infinity;
  #answeredAt = -Infinity;
  #isDraining = false;

  /** @param onOpen called when a flush may start earlier than `opensAt` said; must not start one before it returns */
  constructor(
    retry: ResolvedRetryOptions,
    circuitBreaker: ResolvedCircuitBreakerOptions,
    destination: Destination,
    onOpen: (outageOver: boolean) => void,
  ) {
    this.#retry = retry;
    this.#threshold = circuitBreaker.failureThreshold;
    this.#shared = destination;
    this.#onOpen = onOpen;
  }

  get circuit(): CircuitState {
    return this.#destination.circuit(this.#threshold);
  }

  /** The most flushes in flight that the circuit allows. */
  get maxInFlight(): number {
    return this.circuit === 'closed' ? Infinity : 1;
  }

  /** The moment from which a flush may start, on the clock of `now()`. To be asked only when there is something to send. */
  get opensAt(): number {
    const own = Math.max(this.#throttledUntil, this.#backoffUntil);
    // A pipeline that must wait longer than the others is not in their way.
    if (this.#throttledUntil > now()) return own;
    if (this.#isDraining) this.#destination.hurry(now() + DRAIN_BACKOFF_MS);
    return Math.max(own, this.#destination.turnOf(this, this.#threshold));
  }

  /** Whether the consumer itself has asked to be left alone until after a moment. */
  isThrottledBeyond(time: number): boolean {
    return this.#throttledUntil > time;
  }

  /** A drain has begun: what is left of a long backoff is not waited for. */
  hurry(time: number): void {
    const until = time + DRAIN_BACKOFF_MS / 4;
    this.#isDraining = true;
    this.#backoffUntil = Math.min(this.#backoffUntil, until);
    this.#destination.hurry(until);
  }

  onStart(flush: FlushStart): void {
    this.#destination.onStart(this, flush, this.#threshold);
  }

  /** The consumer answered, with yes or with a final no. @returns true when an outage has ended by it */
  onAnswer(): boolean {
    const wasOpen = this.circuit !== 'closed';
    const time = now();
    this.#failures = 0;
    this.#firstFailureAt = Infinity;
    this.#backoffUntil = -Infinity;
    this.#answeredAt = time;
    this.#isDraining = false;
    this.#alone = undefined;
    this.#shared.onAnswer(this, time);
    return wasOpen;
  }

  /** @returns true for the first sign of a round; flushes that were in flight together fail together, as one sign */
  onFailure(flush: FlushStart, outcome: FlushOutcome & { kind: 'retry' | 'throttled' }, time: number, draining: boolean): boolean {
    // Not `>=`: on a coarse clock flushes that were in flight together may begin and fail at the same moment.
    const firstOfRound = flush.startedAt > this.#lastRoundAt;
    this.#isDraining = draining;
    const isDenied = outcome.kind === 'retry' && outcome.denied === true;
    this.#alone = this.#aloneAfter(flush, isDenied);
    if (isDenied) this.#shared.onNoNews(flush);
    if (firstOfRound) {
      this.#lastRoundAt = time;
      this.#failures += 1;
    }
    this.#lastFailureAt = time;
    if (outcome.kind === 'throttled') this.#shared.onThrottled();
    if (outcome.kind === 'throttled' && outcome.retryAfterMs !== undefined) {
      this.#destination.onNoNews(flush);
      // Some servers ask for next to no time: the first backoff is the least.
      const pause = Math.max(outcome.retryAfterMs, backoffMs(1, this.#retry));
      this.#throttledUntil = Math.max(this.#throttledUntil, time + pause);
      return firstOfRound;
    }
    this.#firstFailureAt = Math.min(this.#firstFailureAt, time);
    // A consumer that has not come up yet is not one that fails. Overload that does not say for how long is.
    const isAwaited = outcome.kind === 'retry' && outcome.unreachable === true && !this.#shared.everAnswered;
    this.#destination.onFailure(this, flush, time, !isAwaited);
    // If another flush of this round has been answered since, and has ended the backoff: no batch is retried immediately.
    if (firstOfRound || this.#backoffUntil === -Infinity) {
      if (isDenied && this.#failures === 1) this.#backoffUntil = time + AFTER_FIRST_DENIAL_MS;
      else this.#pause(time);
    }
    return firstOfRound;
  }

  /** The flush is over, and says nothing about the consumer: nobody waits for its result any more. */
  onNoNews(flush: FlushStart): void {
    // It may have begun before this pipeline was alone.
    if (this.#destination !== this.#shared) this.#shared.onNoNews(flush);
    this.#destination.onNoNews(flush);
  }

  /** Another pipeline was answered. If this one fails all the same, it is alone. One that is alone already keeps its own circuit. */
  onOutageOver(): void {
    this.#backoffUntil = -Infinity;
    this.#onOpen(this.#alone === undefined && this.circuit !== 'closed');
  }

  onTurn(): void {
    this.#onOpen(false);
  }

  /** The pipeline has ended. */
  leave(): void {
    this.#shared.leave(this);
  }

  get #destination(): Destination {
    return this.#alone?.destination ?? this.#shared;
  }

  #aloneAfter(flush: FlushStart, isDenied: boolean): Alone | undefined {
    if (!isDenied && !this.#isAlone(flush)) return undefined;
    return { destination: this.#alone?.destination ?? new Destination(), because: isDenied ? 'denied' : 'others are answered' };
  }

  /** Whether others were answered while this flush was under way, or since this pipeline failed before. */
  #isAlone(flush: FlushStart): boolean {
    if (this.#shared.isOut) return false;
    if (this.#alone?.because === 'others are answered') return true;
    const { answeredAt } = this.#shared;
    return answeredAt > this.#answeredAt && answeredAt >= (this.#failures > 0 ? this.#lastFailureAt : flush.startedAt);
  }

  #pause(time: number): void {
    const destination = this.#destination;
    const outageMs = Math.max(destination.outageMs(time), time - this.#firstFailureAt);
    const pause = backoffMs(Math.max(this.#failures, destination.rounds, 1), this.#retryOptions(outageMs), outageMs);
    this.#backoffUntil = time + pause;
    destination.pause(time, pause);
  }

  /** Before the first answer ever, the consumer is expected to come up at any moment, and is asked as often as by default. */
  #retryOptions(outageMs: number): ResolvedRetryOptions {
    const longest = this.#isDraining ? DRAIN_BACKOFF_MS : this.#shared.everAnswered ? Infinity : longestBackoffMs(outageMs);
    const { earlyMaxBackoffMs, maxBackoffMs } = this.#retry;
    return { ...this.#retry, earlyMaxBackoffMs: Math.min(earlyMaxBackoffMs, longest), maxBackoffMs: Math.min(maxBackoffMs, longest) };
  }
}

/** A pipeline that fails by itself, with a destination that it shares with nobody. */
interface Alone {
  readonly destination: Destination;
  /** What fails next for another reason than a denial may be the consumer's outage again. */
  readonly because: 'others are answered' | 'denied';
}
