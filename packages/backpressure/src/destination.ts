import { longestBackoffMs } from './backoff.ts';
import type { CircuitState } from './circuit-breaker.ts';

/** A pipeline that does not take its turn within this time loses it to the next one in the queue. */
const TURN_MS = 50;
/** More pipelines than this share the last place in the queue, so that nobody waits long behind pipelines that are gone. */
const LAST_PLACE = 10;
/** If nothing was tried for this long, nothing is known about the destination any more. */
const FORGOTTEN_AFTER_MS = 120_000;

/** One pipeline, as its destination sees it. */
export interface DestinationUser {
  /** It may start a flush earlier than it was told, and should ask again, but not before this returns. */
  onTurn(): void;
  /** Another pipeline was answered. Called before the destination counts as well again. */
  onOutageOver(): void;
}

/** What the destination must know of a flush: its identity, and when it began. */
export interface FlushStart {
  readonly startedAt: number;
}

/** What is known of an outage, from the first failure to the first answer. */
interface Outage {
  readonly since: number;
  /** Rounds of failures: flushes that were in flight together, of whichever pipeline, fail as one. */
  rounds: number;
  /** Rounds that count for the circuit. */
  failures: number;
  pausedUntil: number;
  /** Everybody who failed or waits. They are told when it is over. */
  readonly users: Set<DestinationUser>;
  /** Those who wait for their turn to probe; the one whose last turn is longest ago comes first. */
  readonly queue: Set<DestinationUser>;
  /** In flight, with their pipelines. More than one only if earlier probes hang. */
  readonly probes: Map<FlushStart, DestinationUser>;
  /** The result of the newest probe is waited for until then, and no longer, because it may hang. */
  probedUntil: number;
}

/**
 * The health of one consumer, shared by all controllers that send to it: what one of them learns, all of them know.
 *
 * An outage begins with a failure and ends with the first answer that anybody gets. While it lasts, one backoff holds for
 * all, and after a few rounds they take turns: one of them probes, the others wait for its result. Nothing depends on a
 * pipeline that was told to do something: one that is closed, stopped, empty or garbage costs the others 50 ms.
 */
export class Destination {
  #outage: Outage | undefined;
  #answeredAt = -Infinity;
  #everAnswered = false;
  /** Outlives the outage: a flush that began before this is no news, even if it fails after an answer. */
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

  outageMs(time: number): number {
    return this.#outage === undefined ? 0 : time - this.#outage.since;
  }

  circuit(failureThreshold: number): CircuitState {
    if (this.#outage === undefined || this.#outage.failures < failureThreshold) return 'closed';
    return this.#outage.probes.size > 0 ? 'half_open' : 'open';
  }

  /**
   * From when a pipeline that has something to send may start a flush. During an outage this puts it into the queue.
   * @param failureThreshold rounds of failures from which the pipeline takes turns with the others
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
    // Whoever was before it in the queue did not want its turn, and queues again if it does.
    for (const waiting of outage.queue.has(user) ? outage.queue : []) {
      outage.queue.delete(waiting);
      if (waiting === user) break;
    }
  }

  /** The consumer answered, with yes or with a final no. */
  onAnswer(user: DestinationUser, time: number): void {
    this.#answeredAt = time;
    this.#everAnswered = true;
    for (const other of this.#outage?.users ?? []) {
      if (other !== user) other.onOutageOver();
    }
    this.#outage = undefined;
  }

  /** @param countsForCircuit whether it is a failure of a consumer that was well before */
  onFailure(user: DestinationUser, flush: FlushStart, time: number, countsForCircuit: boolean): void {
    const outage = this.#outageAt(time);
    outage.users.add(user);
    // Not `>=`: on a coarse clock flushes that were in flight together may begin and fail at the same moment.
    if (flush.startedAt > this.#lastRoundAt) {
      this.#lastRoundAt = time;
      outage.rounds += 1;
      if (countsForCircuit) outage.failures += 1;
    }
    this.#endProbe(outage, flush);
  }

  /** The consumer asked a pipeline to wait. It is there, but that does not say that it is well. */
  onThrottled(): void {
    this.#everAnswered = true;
  }

  /** A flush is over without news of the consumer's health. If it was a probe, the next pipeline may probe. */
  onNoNews(flush: FlushStart): void {
    if (this.#outage !== undefined) this.#endProbe(this.#outage, flush);
  }

  /** Nobody starts a flush for that long, but no pipeline makes the others wait longer than they would by default. */
  pause(time: number, pauseMs: number): void {
    const outage = this.#outage;
    if (outage === undefined) return;
    outage.pausedUntil = time + Math.min(pauseMs, longestBackoffMs(time - outage.since));
  }

  /** Somebody cannot wait: the pause, and the wait for a probe that hangs, end at that moment at the latest. */
  hurry(until: number): void {
    const outage = this.#outage;
    if (outage === undefined) return;
    outage.pausedUntil = Math.min(outage.pausedUntil, until);
    outage.probedUntil = Math.min(outage.probedUntil, until);
  }

  /** The pipeline has ended. An outage that nobody is left to see the end of is forgotten. */
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

  /** The others are told when it is their turn to be first, or find out by the time that they were told. */
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
