import type { Accounting } from './accounting.ts';
import { AdaptiveLimits } from './adaptive-limits.ts';
import { Attempts } from './attempts.ts';
import type { BatchBuffer } from './batch-buffer.ts';
import { Departures } from './departures.ts';
import type { ResolvedConfig } from './resolved-config.ts';
import { askAgainForLateCalls, now } from './clock.ts';
import { Evidence } from './evidence.ts';
import { type Flight, Flights } from './flights.ts';
import { type ClosedMs, FlushGate, type Pause } from './flush-gate.ts';
import type { FlushFunction, FlushOutcome } from './flush-outcome.ts';
import { HandOver } from './hand-over.ts';
import { Holdings, type SettlingScope } from './holdings.ts';
import { LoopState } from './loop-state.ts';
import type { Occupancy } from './occupancy.ts';
import { Presence } from './presence.ts';
import type { Readmission, Replay } from './replay.ts';
import { Replays } from './replays.ts';
import { Retries } from './retries.ts';
import { SetAside } from './set-aside.ts';
import { Settlement } from './settlement.ts';
import { Spilling } from './spilling.ts';
import type { Suspect } from './suspect.ts';
import { Turns } from './turns.ts';
import { type Waiter, type WaiterLimits, Waiters } from './waiters.ts';

const LOOK_FOR_ROOM_AGAIN_MS = 1_000;

/** Batches leave only from here: decides when a flush starts, runs it, and has its outcome settled. */
export class FlushLoop<Item, Batch> {
  readonly #config: ResolvedConfig<Item, Batch>;
  readonly #onRoom: () => void;
  readonly #state = new LoopState();
  readonly #turns = new Turns(() => this.#turn());
  readonly #waiters = new Waiters();
  readonly #gate: FlushGate;
  readonly #presence = new Presence();
  readonly #attempts: Attempts<Item, Batch>;
  readonly #retries: Retries<Item, Batch>;
  readonly #departures: Departures<Item, Batch>;
  readonly #settlement: Settlement<Item, Batch>;
  /** Everything that is held. */
  readonly held: Holdings<Item, Batch>;
  /** The limits that adapt to the consumer. */
  readonly limits: AdaptiveLimits;
  /** Items of the overflow that are to be sent. */
  readonly replays: Replays<Item, Batch>;
  /** Moves queued batches to the overflow. */
  readonly spilling: Spilling<Item, Batch>;
  /** Hands over or gives up everything that is held. */
  readonly handOver: HandOver<Item, Batch>;
  lastFlushLatencyMs = 0;

  constructor(
    flush: FlushFunction<Item, Batch>,
    buffer: BatchBuffer<Item, Batch>,
    config: ResolvedConfig<Item, Batch>,
    occupancy: Occupancy,
    accounting: Accounting,
    onRoom: () => void,
  ) {
    this.#config = config;
    this.#onRoom = onRoom;
    const evidence = new Evidence();
    const flights = new Flights<Batch>(config.maxConcurrentFlushes);
    const setAside = new SetAside(buffer, config, evidence, this.#waiters);
    this.held = new Holdings(buffer, setAside, flights, this.#waiters, occupancy, accounting);
    this.#gate = new FlushGate(config.retry, config.circuitBreaker, config.destination, (outageOver) =>
      this.#onGateOpen(outageOver),
    );
    this.limits = new AdaptiveLimits(config, occupancy, flights, this.#gate, evidence);
    this.#settlement = new Settlement(this.held, this.#gate, this.limits, evidence);
    this.#attempts = new Attempts(flush, config.flushTimeoutMs, this.held, this.#gate, this.limits, (flight, outcome) =>
      this.#settle(flight, outcome),
    );
    this.#retries = new Retries(this.held, this.limits, this.#attempts, config.maxConcurrentFlushes);
    this.replays = new Replays(this.held, this.limits, config);
    this.#departures = new Departures(
      this.#state,
      this.held,
      this.limits,
      this.#attempts,
      this.#retries,
      this.replays,
      onRoom,
    );
    this.spilling = new Spilling(config, this.held, this.limits, {
      onSpilled: () => this.onItemsLeft(),
      onDue: () => this.#turns.defer(),
      onRefusedAtEnd: () => this.handOver.giveUpAll(),
    });
    this.handOver = new HandOver(this.held, this.limits, onRoom);
  }

  /** Items taken and not settled: in flight, set aside, or queued again. */
  get itemsUnsettled(): number {
    const { flights, setAside, buffer } = this.held;
    return flights.items + setAside.items + (buffer.returnedSize ?? 0);
  }

  /** Milliseconds in which the gate was closed so far. */
  get closedMs(): ClosedMs {
    return this.#gate.closedMs(now());
  }

  get circuit(): FlushGate['circuit'] {
    return this.#gate.circuit;
  }

  /** See {@link Holdings.oldestSince}. */
  get oldestSince(): number | undefined {
    return this.held.oldestSince;
  }

  /** See {@link FlushGate.pauseAt}. */
  pauseAt(time: number): Pause | undefined {
    return this.#gate.pauseAt(time);
  }

  start(): void {
    this.#state.start();
    this.#turns.defer();
  }

  /** Starts no more flushes. Those in flight still settle. */
  stop(): void {
    this.#state.stop();
    // A drain goes on while stopped, and may depend on this timer.
    if (this.held.waiters.size === 0) this.#turns.cancelWakeUp();
  }

  /** Resolves when a replay has been sent and answered, or will not be sent any more. */
  readmit(replay: Replay): Promise<Readmission> {
    this.#turns.defer();
    return this.replays.add(replay);
  }

  /** Gives up everything that is queued or set aside. @returns items given up */
  supersede(): number {
    const items = this.held.supersede();
    if (items > 0) this.onItemsLeft();
    return items;
  }

  /** Gives up everything that is held. Other pipelines no longer wait for probes of this one. @returns items given up */
  end(): number {
    this.#gate.leave();
    this.spilling.end();
    this.#state.setDue(undefined);
    return this.handOver.giveUpAll();
  }

  /**
   * Gives everything that is held to the overflow, also what is in flight, whose answers do not count any more.
   * @returns whether nothing is held any more, except replays
   */
  spillHeld(): boolean {
    if (!this.spilling.spillAll()) return false;
    const flights = this.held.flights.ofBatches();
    for (const flight of flights) {
      this.held.flights.remove(flight);
      this.#gate.onNoNews(flight);
      this.held.putBack(flight);
    }
    const isSpilled = this.spilling.spillAll();
    // Last, because aborting calls listeners, and they may look at the counters.
    for (const { abort } of flights) abort.abort();
    this.#turns.defer();
    return isSpilled;
  }

  /** An item was queued. This is the hot path: a comparison or two, unless a batch is full or a timer must be set. */
  onPush(lane: number): void {
    if (this.#waiters.size > 0 && lane > this.held.buffer.lowestLane) this.#waiters.onOvertaken();
    if (this.#turns.onPush()) return;
    if (this.#state.awaitsPush || (this.#state.awaitsFullBatch && this.#departures.isBatchFull)) this.#turns.defer();
  }

  /** The next item of a buffer with a single lane was given up. */
  onEvictNext(): void {
    this.held.waiters.onNextEvicted();
  }

  /** Items may have been given up for a new one. */
  onEvicted(): void {
    if (this.#waiters.size > 0) this.held.resolveReached();
  }

  /** Items have left for good. Tells those who wait for room, and those who wait for these items. */
  onItemsLeft(): void {
    this.#onRoom();
    this.held.resolveReached();
  }

  /**
   * Resolves with true once everything accepted before has settled, and with false if that will not happen by the
   * deadline. Flushes immediately, even while stopped.
   */
  settleAll(limits: WaiterLimits, scope: SettlingScope): Promise<boolean> {
    askAgainForLateCalls();
    if (this.held.isSettled(scope)) return Promise.resolve(true);
    const reached = this.held.whenSettled(scope, limits);
    const time = now();
    this.#gate.hurry(time);
    this.held.setAside.hurry(time);
    this.#turns.renew();
    return reached;
  }

  #onGateOpen(outageOver: boolean): void {
    if (outageOver) {
      this.limits.onOutageOver();
      this.held.flights.onOthersAnswered();
    }
    this.#turns.defer();
  }

  /** Starts at most one flush, then yields: assembling several requests in one go would block the event loop. */
  #turn(): void {
    this.#state.onTurn();
    // A callback has ended the controller while an item was being let in.
    if (this.spilling.hasEnded) this.handOver.giveUpAll();
    if (this.#state.isStopped && this.#waiters.size === 0) return;
    this.limits.onTurn();
    this.#expire();
    const time = now();
    // Only what cannot be sent goes to the overflow, and one batch a turn, because it may be written to disk.
    const silentSince = this.#gate.silence.since(this.held.flights.oldestStartedAt);
    const againAt = this.#flush(time) ? time : this.spilling.spillOne(time, silentSince);
    if (againAt <= time) this.#turns.defer();
    else this.#turns.wakeAt(againAt, time);
    if (this.held.buffer.size === 0) this.#state.setDue(undefined);
  }

  /** @returns whether a flush was started */
  #flush(time: number): boolean {
    const isHeldBack = this.spilling.holdsBack;
    const suspect = isHeldBack ? undefined : this.#retries.next(time);
    if (suspect === undefined) this.#turns.wakeAt(this.held.setAside.dueAfter(time), time);
    const hasLive = this.held.buffer.size > 0 && !isHeldBack;
    if (suspect === undefined && !hasLive && !this.replays.areWaiting) return false;
    if (this.#isHeldUp(suspect, time)) {
      this.#state.holdUp();
      return false;
    }
    if (this.#departures.startNext(suspect, hasLive, time)) return true;
    if (hasLive) this.#turns.wakeAt(this.#departures.dueAt(time), time);
    // Room for a replay may also come from elsewhere: from other members of the budget.
    if (this.replays.areWaiting) this.#turns.wakeAt(time + LOOK_FOR_ROOM_AGAIN_MS, time);
    return false;
  }

  /**
   * Whether the next batch must wait for a place among the flights, or for the gate. Sets a timer for the end of that
   * wait.
   */
  #isHeldUp(suspect: Suspect<Batch> | undefined, time: number): boolean {
    const { buffer, flights, waiters } = this.held;
    const hasPlaceAt =
      suspect !== undefined && this.#attempts.isTriedAlone(suspect)
        ? -Infinity
        : flights.opensAt(this.limits.concurrency);
    if (hasPlaceAt > time) {
      this.#turns.wakeAt(hasPlaceAt, time);
      return true;
    }
    if (buffer.size > 0) this.#departures.dueAt(time);
    const { opensAt } = this.#gate;
    if (opensAt <= time) return false;
    // Items also expire behind a closed gate.
    this.#turns.wakeAt(Math.min(opensAt, time + this.#config.maxAgeMs), time);
    if (flights.size === 0) waiters.resolveInVain((waiter) => this.#isInVain(waiter, opensAt));
    return true;
  }

  #settle(flight: Flight<Batch>, answer: FlushOutcome): void {
    // The flight was abandoned. Its items have gone elsewhere since, and counting them twice would break the law.
    if (!this.held.flights.has(flight)) return;
    this.held.flights.remove(flight);
    const time = now();
    this.#presence.onOutcome(answer);
    this.lastFlushLatencyMs = time - flight.startedAt;
    const { report, fate } = this.#settlement.settle(flight, answer, time);
    if (fate === 'put back') this.#state.setDue(time);
    this.replays.onSettled(flight, report.outcome, fate);
    this.#config.observers.onFlush(report);
    this.onItemsLeft();
    this.#turns.defer();
  }

  #expire(): void {
    const { maxAgeMs } = this.#config;
    if (maxAgeMs !== Infinity && this.held.expire(now() - maxAgeMs)) this.onItemsLeft();
  }

  /** Whether the next flush comes too late for a waiter: the consumer asked for a longer pause, or was never there. */
  #isInVain({ deadline, absentAt }: Waiter, opensAt: number): boolean {
    return this.#gate.isThrottledBeyond(deadline) || (this.#presence.isAbsent && opensAt > absentAt);
  }
}
