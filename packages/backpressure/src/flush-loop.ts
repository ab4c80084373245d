import type { Accounting } from './accounting.ts';
import { AdaptiveBatchSize } from './adaptive-batch-size.ts';
import { AdaptiveConcurrency, type PressureKind } from './adaptive-concurrency.ts';
import { AdaptiveInterval } from './adaptive-interval.ts';
import type { BatchBuffer } from './batch-buffer.ts';
import type { ResolvedConfig } from './backpressure-config.ts';
import { askAgainForLateCalls, defer, now, startDeadline, startTimer, type Timer } from './clock.ts';
import type { DropReason } from './drop-reason.ts';
import { type Flight, Flights } from './flights.ts';
import { FlushBarrier } from './flush-barrier.ts';
import { FlushGate } from './flush-gate.ts';
import type { FlushFunction, FlushOutcome } from './flush-outcome.ts';
import { outcomeOf, timeoutOutcome } from './flush-result.ts';
import { Gathering } from './gathering.ts';
import type { Occupancy } from './occupancy.ts';
import { Presence } from './presence.ts';

/** A flush that ignores its abort signal is given up after this; one that heeds it has settled long before. */
const ABANDON_AFTER_MS = 1_000;

/** Where slow start begins. A consumer that serves one at a time takes the others a moment later; a far one is not left waiting. */
const FIRST_CONCURRENCY = 4;

/** In milliseconds from now; see `DrainOptions`. */
interface WaiterLimits {
  readonly timeoutMs: number;
  readonly absentAfterMs: number;
}

/** Somebody waits. */
interface Waiter {
  /** Absent: until nothing at all is held. */
  readonly barrier: FlushBarrier | undefined;
  readonly deadline: number;
  /** From then on, a consumer that has never been there is not waited for. */
  readonly absentAt: number;
  readonly timer: Timer;
  readonly resolve: (reached: boolean) => void;
}

/**
 * The only place from which batches leave: decides when a flush starts, runs it, and settles it. There is one wake-up
 * timer and one deferred turn at most, so `stop` and `start` in any order leave one loop.
 */
export class FlushLoop<Item, Batch> {
  readonly #buffer: BatchBuffer<Item, Batch>;
  readonly #flush: FlushFunction<Item, Batch>;
  readonly #config: ResolvedConfig<Item, Batch>;
  readonly #occupancy: Occupancy;
  readonly #accounting: Accounting;
  readonly #onRoom: () => void;

  readonly #interval: AdaptiveInterval;
  readonly #batchSize: AdaptiveBatchSize;
  readonly #gathering: Gathering;
  readonly #concurrency: AdaptiveConcurrency;
  readonly #gate: FlushGate;
  readonly #presence = new Presence();

  readonly #flights: Flights<Batch>;
  readonly #waiters = new Set<Waiter>();
  #running = false;
  #deferredTurn: Timer | undefined;
  #pushesSinceTurn = 0;
  /** The last turn found a reason to wait that a push cannot remove; settling or the wake-up will. */
  #waits = false;
  #wakeUp: { readonly at: number; readonly timer: Timer } | undefined;
  /** When a batch that is not full leaves. */
  #dueAt = Infinity;
  lastFlushLatencyMs = 0;

  constructor(
    flush: FlushFunction<Item, Batch>,
    buffer: BatchBuffer<Item, Batch>,
    config: ResolvedConfig<Item, Batch>,
    occupancy: Occupancy,
    accounting: Accounting,
    onRoom: () => void,
  ) {
    this.#flush = flush;
    this.#buffer = buffer;
    this.#config = config;
    this.#occupancy = occupancy;
    this.#accounting = accounting;
    this.#onRoom = onRoom;
    this.#interval = new AdaptiveInterval(config.minFlushIntervalMs, config.maxFlushIntervalMs, config.targetLatencyMs);
    this.#batchSize = new AdaptiveBatchSize(config.batchSize, config.maxBatchSize, config.batchBytes);
    this.#gathering = new Gathering(config);
    this.#concurrency = new AdaptiveConcurrency({ max: config.maxConcurrentFlushes, initial: FIRST_CONCURRENCY });
    this.#flights = new Flights(config.maxConcurrentFlushes);
    this.#gate = new FlushGate(config.retry, config.circuitBreaker, config.destination, (outageOver) => {
      if (outageOver) this.#concurrency.onOutageOver();
      this.#deferTurn();
    });
  }

  /** How long a batch that is not full waits. */
  get flushIntervalMs(): number {
    return this.#gathering.waitMs(this.#interval.currentMs);
  }

  /** Items that the next flush may carry. */
  get batchSize(): number {
    return this.#mayGather && !this.#gathering.isBacklog(this.#occupancy.utilization) ? this.#gathering.maxItems : this.#batchSize.items;
  }

  /** Flushes that may be in flight now. */
  get concurrency(): number {
    return Math.min(this.#concurrency.limit, this.#gate.maxInFlight);
  }

  get flushesInFlight(): number {
    return this.#flights.size;
  }

  get itemsInFlight(): number {
    return this.#flights.items;
  }

  get bytesInFlight(): number {
    return this.#flights.bytes;
  }

  get circuit(): FlushGate['circuit'] {
    return this.#gate.circuit;
  }

  start(): void {
    this.#running = true;
    this.#deferTurn();
  }

  /** Starts no more flushes; what is in flight settles as it would have. */
  stop(): void {
    this.#running = false;
    // A drain goes on while stopped, and this timer may be all that it waits for.
    if (this.#waiters.size === 0) this.#cancelWakeUp();
  }

  /** An item was queued. In the hot path: a comparison or two, unless a batch is full or a timer is due to be set. */
  onPush(lane: number): void {
    if (this.#waiters.size > 0 && lane > this.#buffer.lowestLane) for (const { barrier } of this.#waiters) barrier?.onOvertaken();
    this.#pushesSinceTurn += 1;
    // At the pushes 1, 2, 4, 8 and so on: reading the clock costs more than anything else here.
    if ((this.#pushesSinceTurn & (this.#pushesSinceTurn - 1)) === 0) askAgainForLateCalls();
    if (this.#waits || this.#deferredTurn !== undefined) return;
    if (this.#dueAt === Infinity || this.#isFullBatch()) this.#deferTurn();
  }

  /** The item that was next in a buffer of one lane was given up: those who wait for it wait for one less. */
  onEvictNext(): void {
    for (const { barrier } of this.#waiters) barrier?.onNextEvicted();
  }

  /**
   * Resolves with true once everything accepted before has settled, with false when that cannot be by the deadline.
   * Flushes at once, and also while stopped.
   */
  settleAll({ timeoutMs, absentAfterMs }: WaiterLimits, scope: 'accepted-so-far' | 'everything'): Promise<boolean> {
    askAgainForLateCalls();
    if (this.#isIdle) return Promise.resolve(true);
    const time = now();
    return new Promise((resolve) => {
      const waiter: Waiter = {
        barrier: scope === 'everything' ? undefined : new FlushBarrier(this.#buffer.size, this.#flights),
        deadline: time + timeoutMs,
        absentAt: time + absentAfterMs,
        timer: startDeadline(() => this.#resolve(waiter, false), timeoutMs, true),
        resolve,
      };
      this.#waiters.add(waiter);
      this.#gate.hurry(time);
      // Somebody waits now, so nothing may depend on a turn or a wake-up that the platform may have lost.
      this.#deferredTurn?.cancel();
      this.#deferredTurn = undefined;
      this.#cancelWakeUp();
      this.#deferTurn();
    });
  }

  /** Gives up everything that is held, and ends every flush in flight without a result. */
  giveUpAll(reason: DropReason): void {
    this.#gate.leave();
    const flights = [...this.#flights];
    let items = this.itemsInFlight;
    let bytes = this.bytesInFlight;
    for (const flight of flights) {
      this.#flights.remove(flight);
      this.#buffer.release(flight.batch);
    }
    while (this.#buffer.size > 0) {
      bytes += this.#buffer.evict('oldest');
      items += 1;
    }
    this.#accounting.evict(reason, items);
    this.#occupancy.remove(items, bytes);
    this.#resolveReached();
    // Last, because it calls who listens, and they may look at the counters.
    for (const flight of flights) flight.abort.abort();
  }

  /**
   * Gives everything that is held to a taker, what is in flight first, and ends every flush in flight without a result.
   * In few and large batches: who ends has little time, and each of them costs some.
   * Room that it makes lets in who waits for it, so that they go the same way.
   */
  handOverAll(take: (batch: Batch, items: number) => boolean): void {
    const flights = [...this.#flights];
    for (const flight of flights) {
      // The taker may have asked again, and has it then.
      if (!this.#flights.has(flight)) continue;
      this.#flights.remove(flight);
      this.#handOver(flight.batch, flight.items, flight.bytes, take);
    }
    while (this.#buffer.size > 0) {
      const batch = this.#buffer.take(this.#batchSize.mostItems, this.#batchSize.bytes);
      this.#handOver(batch, this.#buffer.countOf(batch), this.#buffer.bytesOf(batch), take);
    }
    // Last, because it calls who listens, and they may look at the counters.
    for (const flight of flights) flight.abort.abort();
  }

  /** Counted before it is given, so that the law holds for the taker as well. */
  #handOver(batch: Batch, items: number, bytes: number, take: (batch: Batch, items: number) => boolean): void {
    this.#accounting.spill(items);
    let taken = false;
    try {
      taken = take(batch, items);
    } catch {
      // What the taker throws is its affair; the next batch may be taken.
    }
    this.#buffer.release(batch);
    if (!taken) this.#accounting.giveUpSpilled('shutdown', items);
    this.#occupancy.remove(items, bytes);
    this.#onRoom();
  }

  get #isIdle(): boolean {
    return this.#buffer.size === 0 && this.#flights.size === 0;
  }

  /** Not where the consumer has called a batch of the usual size too large. */
  get #mayGather(): boolean {
    return this.#gathering.isOn && this.#flights.size === 0 && this.#batchSize.mostItems >= this.#config.maxBatchSize;
  }

  #isFullBatch(): boolean {
    if (this.#occupancy.bytes - this.bytesInFlight >= this.#batchSize.bytes) return true;
    const { size } = this.#buffer;
    if (size < this.#batchSize.items) return false;
    return !this.#mayGather || size >= this.#gathering.maxItems || this.#occupancy.utilization >= this.#gathering.mostUtilization;
  }

  #deferTurn(): void {
    this.#deferredTurn ??= defer(() => this.#turn());
  }

  /** Starts at most one flush, then yields: assembling several requests in one go would be felt as a pause. */
  #turn(): void {
    this.#deferredTurn = undefined;
    this.#pushesSinceTurn = 0;
    this.#waits = false;
    if (!this.#running && this.#waiters.size === 0) return;
    this.#expire();
    if (this.#buffer.size === 0) {
      this.#dueAt = Infinity;
      return;
    }
    const time = now();
    const hasPlaceAt = this.#flights.opensAt(this.concurrency);
    if (hasPlaceAt > time) {
      this.#waits = true;
      this.#wakeAt(hasPlaceAt, time);
      return;
    }
    if (this.#dueAt === Infinity) this.#dueAt = time + this.flushIntervalMs;
    const opensAt = this.#gate.opensAt;
    if (opensAt > time) {
      this.#waits = true;
      // Items grow too old behind a closed gate as well.
      this.#wakeAt(Math.min(opensAt, time + this.#config.maxAgeMs), time);
      this.#resolveInVain(opensAt);
    } else if (this.#waiters.size > 0 || time >= this.#dueAt || this.#isFullBatch()) {
      this.#start(time);
      this.#deferTurn();
    } else {
      this.#wakeAt(this.#dueAt, time);
    }
  }

  #start(time: number): void {
    this.#dueAt = Infinity;
    const batch = this.#buffer.take(this.batchSize, this.#batchSize.bytes);
    const flight: Flight<Batch> = {
      batch,
      items: this.#buffer.countOf(batch),
      bytes: this.#buffer.bytesOf(batch),
      startedAt: time,
      abort: new AbortController(),
      ticket: this.#concurrency.onStart(this.#flights.size + 1, time),
      timer: undefined,
      timedOut: false,
    };
    for (const { barrier } of this.#waiters) barrier?.onStart(flight);
    this.#flights.add(flight);
    this.#gate.onStart(flight);
    this.#batchSize.onDispatch(this.#buffer.size, this.#flights.size >= this.#config.maxConcurrentFlushes, time);
    this.#gathering.onDispatch(flight.items, this.#occupancy.utilization, time);
    flight.timer = startDeadline(() => this.#timeOut(flight), this.#config.flushTimeoutMs);
    this.#attempt(flight);
  }

  #attempt(flight: Flight<Batch>): void {
    // `outcomeOf` turns every failure into an outcome, so that there is none to catch.
    void outcomeOf(() => this.#flush(flight.batch, { signal: flight.abort.signal }), flight.items).then((outcome) => this.#settle(flight, outcome));
  }

  #timeOut(flight: Flight<Batch>): void {
    flight.timedOut = true;
    const outcome = timeoutOutcome(this.#config.flushTimeoutMs);
    flight.timer = startDeadline(() => this.#settle(flight, outcome), ABANDON_AFTER_MS);
    flight.abort.abort(outcome.error);
  }

  #settle(flight: Flight<Batch>, outcome: FlushOutcome): void {
    // Abandoned before: its items have gone another way since, and a second count would break the law.
    if (!this.#flights.has(flight)) return;
    this.#flights.remove(flight);
    const time = now();
    const latencyMs = time - flight.startedAt;
    this.#presence.onOutcome(outcome);
    this.lastFlushLatencyMs = latencyMs;
    if (outcome.kind === 'delivered' && !outcome.rejected) this.#gathering.onDelivered(latencyMs, time);
    else this.#gathering.onFailure(flight.items, time);
    if (outcome.kind === 'retry' || outcome.kind === 'throttled') this.#returnFailed(flight, outcome, time);
    else this.#closeAnswered(flight, outcome, latencyMs, time);
    this.#config.onFlush?.({ outcome, items: flight.items, bytes: flight.bytes, latencyMs });
    this.#onRoom();
    this.#resolveReached();
    this.#deferTurn();
  }

  #returnFailed(flight: Flight<Batch>, outcome: FlushOutcome & { kind: 'retry' | 'throttled' }, time: number): void {
    this.#putBack(flight);
    const firstOfRound = this.#gate.onFailure(flight, outcome, time, this.#waiters.size > 0);
    if (firstOfRound) {
      this.#concurrency.onPressure(pressureOf(flight, outcome), flight.ticket);
      if (outcome.kind === 'throttled' || outcome.unreachable !== true) this.#batchSize.onFailure();
    }
  }

  #closeAnswered(flight: Flight<Batch>, outcome: FlushOutcome & { kind: 'delivered' | 'refused' | 'too_large' }, latencyMs: number, time: number): void {
    if (outcome.kind !== 'too_large' || outcome.unsent !== true) {
      this.#flights.onAnswer(flight, time);
      if (this.#gate.onAnswer()) this.#concurrency.onOutageOver();
    } else {
      this.#gate.onNoNews(flight);
    }
    if (outcome.kind === 'too_large' && this.#batchSize.onTooLarge(flight.items, flight.bytes, time)) {
      this.#putBack(flight);
      return;
    }
    this.#buffer.release(flight.batch);
    for (const { barrier } of this.#waiters) barrier?.onSettled(flight);
    // Counted first: room that is released may call who listens, and they may look at the counters.
    if (outcome.kind === 'delivered') {
      const rejected = outcome.rejected ?? 0;
      this.#accounting.deliver(flight.items - rejected);
      this.#accounting.fail('rejected', rejected);
      this.#interval.onLatency(latencyMs);
      this.#concurrency.onSuccess(flight.ticket, time);
      this.#batchSize.onDelivered();
    } else {
      this.#accounting.fail(outcome.kind === 'too_large' ? 'too_large' : 'rejected', flight.items);
    }
    this.#occupancy.remove(flight.items, flight.bytes);
  }

  #putBack(flight: Flight<Batch>): void {
    this.#buffer.putBack(flight.batch);
    const { size, lowestLane } = this.#buffer;
    for (const { barrier } of this.#waiters) barrier?.onPutBack(flight, size, this.#buffer.laneSize(lowestLane) === size);
    this.#accounting.retry(flight.items);
    this.#dueAt = -Infinity;
  }

  #expire(): void {
    if (this.#config.maxAgeMs === Infinity) return;
    const { items, bytes } = this.#buffer.evictTakenBefore(now() - this.#config.maxAgeMs);
    if (items === 0) return;
    this.#accounting.fail('expired', items);
    this.#occupancy.remove(items, bytes);
    this.#onRoom();
    this.#resolveReached();
  }

  #wakeAt(at: number, time: number): void {
    if (at === Infinity) return;
    if (this.#wakeUp !== undefined && this.#wakeUp.at <= at) return;
    this.#cancelWakeUp();
    const timer = startTimer(() => {
      this.#wakeUp = undefined;
      this.#deferTurn();
    }, at - time);
    this.#wakeUp = { at, timer };
  }

  #cancelWakeUp(): void {
    this.#wakeUp?.timer.cancel();
    this.#wakeUp = undefined;
  }

  #resolveReached(): void {
    for (const waiter of [...this.#waiters]) {
      if (this.#isIdle || waiter.barrier?.isReached(this.#buffer.size) === true) this.#resolve(waiter, true);
    }
  }

  /** Some callers wait in vain: the consumer asked for a longer pause than they have time, or there has never been a consumer. */
  #resolveInVain(opensAt: number): void {
    if (this.#flights.size > 0) return;
    for (const waiter of [...this.#waiters]) {
      const isAbsent = this.#presence.isAbsent && opensAt > waiter.absentAt;
      if (isAbsent || this.#gate.isThrottledBeyond(waiter.deadline)) this.#resolve(waiter, false);
    }
  }

  #resolve(waiter: Waiter, reached: boolean): void {
    this.#waiters.delete(waiter);
    waiter.timer.cancel();
    waiter.resolve(reached);
  }
}

function pressureOf(flight: { readonly timedOut: boolean }, outcome: FlushOutcome & { kind: 'retry' | 'throttled' }): PressureKind {
  if (outcome.kind === 'throttled') return 'throttled';
  return flight.timedOut || outcome.timedOut === true ? 'timeout' : 'failure';
}
