import { backoffMs, longestBackoffMs, type ResolvedRetryOptions } from './backoff.ts';
import type { CircuitState, ResolvedCircuitBreakerOptions } from './circuit-breaker.ts';
import { now } from './clock.ts';
import { Destination, type DestinationUser, type FlushStart } from './destination.ts';
import type { FlushOutcome } from './flush-outcome.ts';
import { Silence } from './silence.ts';
import { SpentTime } from './spent-time.ts';

/** A drain has a deadline, so its pauses are kept short. */
const DRAIN_BACKOFF_MS = 1_000;

/**
 * The pause after a first denial. Not 0, because a flush that starts on the same tick of the clock would count as part
 * of the failed round. Its batch would be retried again and again without a backoff.
 */
const AFTER_FIRST_DENIAL_MS = 1;

/** How long no flush could start, in milliseconds, because of a throttle and because of an open circuit. */
export interface ClosedMs {
  readonly throttle: number;
  readonly circuit: number;
}

/**
 * Why no flush may start, and for how long: the consumer asked for a pause, or flushes have failed. The circuit says
 * whether that is an outage.
 */
export interface Pause {
  readonly kind: 'throttle' | 'backoff';
  /** Milliseconds from now. */
  readonly ms: number;
}

/**
 * Decides when this pipeline's next flush may start. There are two kinds of pause, because they end differently. The
 * consumer asks for a *throttle*, which lasts as long as it asked for, whatever else succeeds. A *backoff* is a guess
 * after a failure, and ends immediately when any pipeline of the destination gets an answer.
 *
 * If the others get answers while this pipeline keeps failing, the fault concerns this pipeline only: its path may not
 * exist, or the consumer may not take its signal. It must not stop the others, and their answers must not make it retry
 * immediately, again and again. Until it gets an answer itself, or the others fail too, it is *alone*: it has its own
 * backoff and circuit.
 *
 * A pipeline whose credentials are denied is alone from the first denial on, because the consumer is up and may accept
 * the credentials of the others. If a batch is denied while others of the same pipeline are delivered, the gate is not
 * told: that batch is set aside.
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
  /** When the first of those failures was, throttles not counted. */
  #firstFailureAt = Infinity;
  #lastFailureAt = -Infinity;
  #lastRoundAt = -Infinity;
  #answeredAt = -Infinity;
  #isDraining = false;
  /** All throttles so far, the rest of the present one included. */
  #throttleMs = 0;
  readonly #openTime = new SpentTime();
  readonly silence = new Silence();

  /**
   * @param onOpen called when a flush may start earlier than `opensAt` said. It must not start a flush before it
   *   returns
   */
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

  /** How many flushes the circuit allows in flight. */
  get maxInFlight(): number {
    return this.circuit === 'closed' ? Infinity : 1;
  }

  /**
   * When a flush may start, on the clock of `now()`. Ask only if there is something to send, because this queues for a
   * turn.
   */
  get opensAt(): number {
    const own = Math.max(this.#throttledUntil, this.#backoffUntil);
    // A throttled pipeline does not queue for a turn, so that it does not hold up the others.
    if (this.#throttledUntil > now()) return own;
    this.#noteCircuit(now());
    if (this.#isDraining) this.#destination.hurry(now() + DRAIN_BACKOFF_MS);
    return Math.max(own, this.#destination.turnOf(this, this.#threshold));
  }

  /** How long the gate was closed so far. */
  closedMs(time: number): ClosedMs {
    this.#noteCircuit(time);
    return {
      throttle: this.#throttleMs - Math.max(this.#throttledUntil - time, 0),
      circuit: this.#openTime.totalMs(time),
    };
  }

  /** Whether the consumer has asked for a pause that lasts beyond a moment. */
  isThrottledBeyond(time: number): boolean {
    return this.#throttledUntil > time;
  }

  /** The pause at that moment, if there is one. Unlike {@link opensAt}, this queues for no turn. */
  pauseAt(time: number): Pause | undefined {
    if (this.#throttledUntil > time) return { kind: 'throttle', ms: this.#throttledUntil - time };
    const until = Math.max(this.#backoffUntil, this.#destination.pausedUntil);
    return until > time ? { kind: 'backoff', ms: until - time } : undefined;
  }

  /** A drain has begun: cuts the rest of a long backoff short. */
  hurry(time: number): void {
    const until = time + DRAIN_BACKOFF_MS / 4;
    this.#isDraining = true;
    this.#backoffUntil = Math.min(this.#backoffUntil, until);
    this.#destination.hurry(until);
  }

  onStart(flush: FlushStart): void {
    this.#destination.onStart(this, flush, this.#threshold);
  }

  /** The consumer answered: it took a flush, or rejected it for good. @returns whether this ended an outage */
  onAnswer(): boolean {
    const wasOpen = this.circuit !== 'closed';
    const time = now();
    this.#failures = 0;
    this.#firstFailureAt = Infinity;
    this.#backoffUntil = -Infinity;
    this.#answeredAt = time;
    this.silence.onAnswer(time);
    this.#isDraining = false;
    this.#alone = undefined;
    this.#shared.onAnswer(this, time);
    this.#noteCircuit(time);
    return wasOpen;
  }

  /** @returns whether this is the first failure of its round. Flushes that were in flight together fail as one round */
  onFailure(
    flush: FlushStart,
    outcome: FlushOutcome & { kind: 'retry' | 'throttled' },
    time: number,
    draining: boolean,
  ): boolean {
    // Not `>=`: on a coarse clock, flushes that were in flight together may start and fail at the same moment.
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
    this.silence.onFailure(flush);
    if (outcome.kind === 'throttled') this.#shared.onThrottled();
    if (outcome.kind === 'throttled' && outcome.retryAfterMs !== undefined) {
      this.#destination.onNoNews(flush);
      // Some servers ask for almost no pause, so it is at least as long as the first backoff.
      const pause = Math.max(outcome.retryAfterMs, backoffMs(1, this.#retry));
      this.#throttleUntil(time + pause, time);
      return firstOfRound;
    }
    this.#firstFailureAt = Math.min(this.#firstFailureAt, time);
    // A consumer that has not come up yet does not count as failing. An overloaded one does, unless it asks for a pause.
    const isAwaited = outcome.kind === 'retry' && outcome.unreachable === true && !this.#shared.everAnswered;
    this.#destination.onFailure(this, flush, time, !isAwaited);
    this.#noteCircuit(time);
    // If another flush of this round was answered and has cleared the backoff, set it again: no batch is retried
    // immediately.
    if (firstOfRound || this.#backoffUntil === -Infinity) {
      if (isDenied && this.#failures === 1) this.#backoffUntil = time + AFTER_FIRST_DENIAL_MS;
      else this.#pause(time);
    }
    return firstOfRound;
  }

  /** The flush is over and says nothing about the consumer's health, so no pipeline waits for its result any more. */
  onNoNews(flush: FlushStart): void {
    // The flush may have started before this pipeline was alone.
    if (this.#destination !== this.#shared) this.#shared.onNoNews(flush);
    this.#destination.onNoNews(flush);
  }

  /**
   * Another pipeline got an answer. If this one still fails, it will be alone. If it is alone already, it keeps its own
   * circuit.
   */
  onOutageOver(): void {
    this.#backoffUntil = -Infinity;
    // The shared outage ends only after all pipelines have been told.
    if (this.#alone === undefined) {
      this.#openTime.note(false, now());
      this.silence.onAnswer(now());
    }
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

  /** Throttles may overlap. */
  #throttleUntil(until: number, time: number): void {
    if (until <= this.#throttledUntil) return;
    this.#throttleMs += until - Math.max(this.#throttledUntil, time);
    this.#throttledUntil = until;
  }

  #noteCircuit(time: number): void {
    this.#openTime.note(this.circuit !== 'closed', time);
  }

  #aloneAfter(flush: FlushStart, isDenied: boolean): Alone | undefined {
    if (!isDenied && !this.#isAlone(flush)) return undefined;
    return {
      destination: this.#alone?.destination ?? new Destination(),
      because: isDenied ? 'denied' : 'others are answered',
    };
  }

  /** Whether other pipelines got an answer during this flush, or since this pipeline's previous failure. */
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

  /**
   * Until the first answer ever, the consumer may come up at any moment, so it is asked at least as often as by
   * default.
   */
  #retryOptions(outageMs: number): ResolvedRetryOptions {
    const longest = this.#isDraining
      ? DRAIN_BACKOFF_MS
      : this.#shared.everAnswered
        ? Infinity
        : longestBackoffMs(outageMs);
    const { earlyMaxBackoffMs, maxBackoffMs } = this.#retry;
    return {
      ...this.#retry,
      earlyMaxBackoffMs: Math.min(earlyMaxBackoffMs, longest),
      maxBackoffMs: Math.min(maxBackoffMs, longest),
    };
  }
}

/** A pipeline that fails while the others do not. It has a destination of its own. */
interface Alone {
  readonly destination: Destination;
  /** If it was denied, its next failure for another reason may be an outage of the consumer again. */
  readonly because: 'others are answered' | 'denied';
}
