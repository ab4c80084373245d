import { longestBackoffMs } from './backoff.ts';
import type { CircuitState } from './circuit-breaker.ts';

/** A pipeline that does not take its turn within this time loses it to the next one in the queue. */
const TURN_MS = 50;
/** All pipelines from this place in the queue on share it, so that none waits long behind pipelines that are gone. */
const LAST_PLACE = 10;
/** An outage in which nothing failed for this long is forgotten, because nothing is known about it any more. */
const FORGOTTEN_AFTER_MS = 120_000;

/** One pipeline, as its destination sees it. */
export interface DestinationUser {
  /** The pipeline may start a flush earlier than it was told. It should ask again, but not before this returns. */
  onTurn(): void;
  /** Another pipeline got an answer. Called while the destination still counts as out. */
  onOutageOver(): void;
}

/** What the destination must know about a flush: its identity, and when it started. */
export interface FlushStart {
  readonly startedAt: number;
}

/** What is known about an outage, from the first failure to the first answer. */
interface Outage {
  readonly since: number;
  /** Rounds of failures. Flushes that were in flight together, from any pipelines, fail as one round. */
  rounds: number;
  /** Rounds that count for the circuit. */
  failures: number;
  pausedUntil: number;
  /** The pipelines that have failed or wait. They are told when the outage is over. */
  readonly users: Set<DestinationUser>;
  /** The pipelines that wait for their turn to probe. The one whose last turn is longest ago comes first. */
  readonly queue: Set<DestinationUser>;
  /** In flight, with their pipelines. More than one only if earlier probes hang. */
  readonly probes: Map<FlushStart, DestinationUser>;
  /** How long the others wait for the result of the newest probe. Not for ever, because it may hang. */
  probedUntil: number;
}

/**
 * The health of one consumer, shared by all controllers that send to it: what one of them learns, all of them know.
 *
 * An outage begins with a failure and ends with the first answer that any controller gets. During an outage, all of
 * them share one backoff, and after a few rounds they take turns: one probes, and the others wait for its result.
 * Nothing depends on a pipeline that was told to act: one that is closed, stopped, empty or garbage costs the others
 * only 50 ms.
 */
export class Destination {
  #outage: Outage | undefined;
  #answeredAt = -Infinity;
  #everAnswered = false;
  /**
   * Outlives the outage: a flush that started before this moment begins no new round, even if it fails after an answer.
   */
  #lastRoundAt = -Infinity;

  /** When any pipeline was last answered, on the clock of `now()`. */
  get answeredAt(): number {
    return this.#answeredAt;
  }

  get everAnswered(): boolean {
    return this.#everAnswered;
  }

  get isOut(): boolean {
    return this.#outage !== undefined;
  }

  /** Rounds of failures since the last answer. */
  get rounds(): number {
    return this.#outage?.rounds ?? 0;
  }

  /** No pipeline starts a flush before that moment; `-Infinity` without an outage. */
  get pausedUntil(): number {
    return this.#outage?.pausedUntil ?? -Infinity;
  }

  outageMs(time: number): number {
    return this.#outage === undefined ? 0 : time - this.#outage.since;
  }

  circuit(failureThreshold: number): CircuitState {
    if (this.#outage === undefined || this.#outage.failures < failureThreshold) return 'closed';
    return this.#outage.probes.size > 0 ? 'half_open' : 'open';
  }

  /**
   * When a pipeline that has something to send may start a flush. During an outage, this puts the pipeline into the
   * queue.
   * @param failureThreshold rounds of failures after which the pipeline takes turns with the others
   */
  turnOf(user: DestinationUser, failureThreshold: number): number {
    const outage = this.#outage;
    if (outage === undefined) return -Infinity;
    outage.users.add(user);
    if (outage.rounds < failureThreshold) return outage.pausedUntil;
    outage.queue.add(user);
    const probedUntil = outage.probes.size > 0 ? outage.probedUntil : -Infinity;
    return Math.max(outage.pausedUntil, probedUntil) + placeOf(user, outage.queue) * TURN_MS;
  }

  onStart(user: DestinationUser, flush: FlushStart, failureThreshold: number): void {
    const outage = this.#outage;
    if (outage === undefined || outage.rounds < failureThreshold) return;
    outage.probes.set(flush, user);
    outage.probedUntil = flush.startedAt + longestBackoffMs(flush.startedAt - outage.since);
    // Pipelines ahead of it in the queue did not take their turn. They queue again when they want one.
    for (const waiting of outage.queue.has(user) ? outage.queue : []) {
      outage.queue.delete(waiting);
      if (waiting === user) break;
    }
  }

  /** The consumer answered: it took a flush, or rejected it for good. */
  onAnswer(user: DestinationUser, time: number): void {
    this.#answeredAt = time;
    this.#everAnswered = true;
    for (const other of this.#outage?.users ?? []) {
      if (other !== user) other.onOutageOver();
    }
    this.#outage = undefined;
  }

  /** @param countsForCircuit false while the consumer has never been reached */
  onFailure(user: DestinationUser, flush: FlushStart, time: number, countsForCircuit: boolean): void {
    const outage = this.#outageAt(time);
    outage.users.add(user);
    // Not `>=`: on a coarse clock, flushes that were in flight together may start and fail at the same moment.
    if (flush.startedAt > this.#lastRoundAt) {
      this.#lastRoundAt = time;
      outage.rounds += 1;
      if (countsForCircuit) outage.failures += 1;
    }
    this.#endProbe(outage, flush);
  }

  /** The consumer asked a pipeline to wait. So it is there, though it may not be well. */
  onThrottled(): void {
    this.#everAnswered = true;
  }

  /** A flush is over without news of the consumer's health. If it was a probe, the next pipeline may probe. */
  onNoNews(flush: FlushStart): void {
    if (this.#outage !== undefined) this.#endProbe(this.#outage, flush);
  }

  /**
   * No pipeline starts a flush for that long. A pipeline cannot make the others wait longer than they would by default.
   */
  pause(time: number, pauseMs: number): void {
    const outage = this.#outage;
    if (outage === undefined) return;
    outage.pausedUntil = time + Math.min(pauseMs, longestBackoffMs(time - outage.since));
  }

  /** A pipeline has a deadline: the pause, and the wait for a probe that hangs, end at that moment at the latest. */
  hurry(until: number): void {
    const outage = this.#outage;
    if (outage === undefined) return;
    outage.pausedUntil = Math.min(outage.pausedUntil, until);
    outage.probedUntil = Math.min(outage.probedUntil, until);
  }

  /** The pipeline has ended. An outage that concerns no other pipeline is forgotten. */
  leave(user: DestinationUser): void {
    const outage = this.#outage;
    if (outage === undefined) return;
    outage.users.delete(user);
    outage.queue.delete(user);
    for (const [flush, prober] of outage.probes) if (prober === user) outage.probes.delete(flush);
    if (outage.users.size === 0) this.#outage = undefined;
    else this.#wakeFirst(outage);
  }

  #outageAt(time: number): Outage {
    if (this.#outage !== undefined && time - this.#lastRoundAt > FORGOTTEN_AFTER_MS) this.#outage = undefined;
    return (this.#outage ??= {
      since: time,
      rounds: 0,
      failures: 0,
      pausedUntil: -Infinity,
      users: new Set(),
      queue: new Set(),
      probes: new Map(),
      probedUntil: -Infinity,
    });
  }

  #endProbe(outage: Outage, flush: FlushStart): void {
    if (outage.probes.delete(flush)) this.#wakeFirst(outage);
  }

  /** The others are woken when they become first, or ask again at the time that they were told. */
  #wakeFirst(outage: Outage): void {
    for (const first of outage.queue) {
      first.onTurn();
      return;
    }
  }
}

function placeOf(user: DestinationUser, queue: ReadonlySet<DestinationUser>): number {
  let place = 0;
  for (const waiting of queue) {
    if (waiting === user || place === LAST_PLACE) break;
    place += 1;
  }
  return place;
}
