import type { Accounting } from './accounting.ts';
import { AdaptiveBatchSize } from './adaptive-batch-size.ts';
import { AdaptiveConcurrency, type PressureKind } from './adaptive-concurrency.ts';
import { AdaptiveInterval } from './adaptive-interval.ts';
import type { BatchBuffer } from './batch-buffer.ts';
import type { ResolvedConfig } from './backpressure-config.ts';
import { askAgainForLateCalls, defer, now, startDeadline, startTimer, type Timer } from './clock.ts';
import type { DropReason } from './drop-reason.ts';
import { Evidence, mayBeTheBatch } from './evidence.ts';
import { type Flight, Flights } from './flights.ts';
import { DepartureOrder, FlushBarrier } from './flush-barrier.ts';
import { FlushGate } from './flush-gate.ts';
import type { FlushFunction, FlushOutcome } from './flush-outcome.ts';
import { outcomeOf, timeoutOutcome } from './flush-result.ts';
import { Gathering } from './gathering.ts';
import type { Occupancy } from './occupancy.ts';
import { Presence } from './presence.ts';
import { type Load, PROBE_ITEMS, SendWindow } from './send-window.ts';
import { SetAside } from './set-aside.ts';
import type { Suspect } from './suspect.ts';
import { type Waiter, type WaiterLimits, Waiters } from './waiters.ts';

/** A flush that ignores its abort signal is given up after this; one that heeds it has settled long before. */
const ABANDON_AFTER_MS = 1_000;

/** Where slow start begins. A consumer that serves one at a time takes the others a moment later; a far one is not left waiting. */
const FIRST_CONCURRENCY = 4;

/** The share of the flushes in flight that may carry batches which are tried alone, one at least. */
const ALONE_SHARE = 1 / 4;

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
  readonly #evidence = new Evidence();
  readonly #setAside: SetAside<Item, Batch>;
  readonly #window: SendWindow;
  readonly #waiters = new Waiters();
  readonly #order = new DepartureOrder();
  #running = false;
  #deferredTurn: Timer | undefined;
  #pushesSinceTurn = 0;
  /** The last turn found a reason to wait that a push cannot remove; settling or the wake-up will. */
  #waits = false;
  #wakeUp: { readonly at: number; readonly timer: Timer } | undefined;
  /** A batch that leaves at once. Asked for each item, and changed by nothing but flushes, after which there is a turn. */
  #full: Load;
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
      if (outageOver) {
        this.#concurrency.onOutageOver();
        this.#flights.onOthersAnswered();
      }
      this.#deferTurn();
    });
    this.#setAside = new SetAside(buffer, config, this.#evidence, this.#waiters);
    this.#full = { items: config.batchSize, bytes: config.batchBytes };
    const { gatheredBatchSize, batchBytes, maxConcurrentFlushes } = config;
    this.#window = new SendWindow({ items: gatheredBatchSize * maxConcurrentFlushes, bytes: batchBytes * maxConcurrentFlushes }, maxConcurrentFlushes > 1);
  }

  /** How long a batch that is not full waits. */
  get flushIntervalMs(): number {
    return this.#gathering.waitMs(this.#interval.currentMs);
  }

  /** Items that the next flush may carry. */
  get batchSize(): number {
    return Math.min(this.#usualItems, this.#isProbing ? PROBE_ITEMS : Infinity);
  }

  /** Flushes that may be in flight now. */
  get concurrency(): number {
    return Math.min(this.#concurrency.limit, this.#gate.maxInFlight, this.#window.flushesOf(this.#expectedBatch));
  }

  /** A full batch of items like those held. */
  get #expectedBatch(): Load {
    const items = this.#usualItems;
    return { items, bytes: Math.min(this.#batchSize.bytes, (this.#occupancy.bytes / Math.max(this.#occupancy.items, 1)) * items) };
  }

  get #usualItems(): number {
    if (!this.#window.isOpen) return Math.min(this.#batchSize.items, this.#config.batchSize, this.#window.itemsOfFlush);
    return this.#mayGather && !this.#gathering.isBacklog(this.#occupancy.utilization) ? this.#gathering.maxItems : this.#batchSize.items;
  }

  get itemsSetAside(): number {
    return this.#setAside.items;
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
    if (this.#waiters.size > 0 && lane > this.#buffer.lowestLane) this.#order.onOvertaken();
    this.#pushesSinceTurn += 1;
    // At the pushes 1, 2, 4, 8 and so on: reading the clock costs more than anything else here.
    if ((this.#pushesSinceTurn & (this.#pushesSinceTurn - 1)) === 0) askAgainForLateCalls();
    if (this.#waits || this.#deferredTurn !== undefined) return;
    if (this.#dueAt === Infinity || this.#isFullBatch()) this.#deferTurn();
  }

  /** The item that was next in a buffer of one lane was given up: those who wait for it wait for one less. */
  onEvictNext(): void {
    this.#order.onNextEvicted();
  }

  /**
   * Resolves with true once everything accepted before has settled, with false when that cannot be by the deadline.
   * Flushes at once, and also while stopped.
   */
  settleAll(limits: WaiterLimits, scope: 'accepted-so-far' | 'everything'): Promise<boolean> {
    askAgainForLateCalls();
    if (this.#isIdle) return Promise.resolve(true);
    const barrier = scope === 'everything' ? undefined : new FlushBarrier(this.#buffer.size, [...this.#flights, ...this.#setAside], this.#order);
    const reached = this.#waiters.wait(barrier, limits);
    const time = now();
    this.#gate.hurry(time);
    this.#setAside.hurry(time);
    // Somebody waits now, so nothing may depend on a turn or a wake-up that the platform may have lost.
    this.#deferredTurn?.cancel();
    this.#deferredTurn = undefined;
    this.#cancelWakeUp();
    this.#deferTurn();
    return reached;
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
    for (const suspect of [...this.#setAside]) {
      items += suspect.items;
      bytes += suspect.bytes;
      this.#setAside.remove(suspect);
      this.#buffer.release(suspect.batch);
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
   * Gives the next held batch to a taker: batches in flight first, each of which ends without a result, then those set aside,
   * then queued ones.
   * Queued batches are as large as a flush may be, because a process that ends has little time and each batch costs some.
   * Producers that wait for room are let in as it is made, so their items go the same way.
   * @returns false if nothing is held any more
   */
  handOverNext(take: (batch: Batch, items: number) => boolean): boolean {
    const [flight] = this.#flights;
    if (flight !== undefined) {
      this.#flights.remove(flight);
      this.#handOver(flight.batch, flight.items, flight.bytes, take);
      // Last, because it calls listeners, and they may look at the counters.
      flight.abort.abort();
      return true;
    }
    const suspect = this.#setAside.first;
    if (suspect !== undefined) {
      this.#setAside.remove(suspect);
      this.#handOver(suspect.batch, suspect.items, suspect.bytes, take);
      return true;
    }
    if (this.#buffer.size === 0) return false;
    const batch = this.#buffer.take(this.#batchSize.mostItems, this.#batchSize.bytes);
    this.#handOver(batch, this.#buffer.countOf(batch), this.#buffer.bytesOf(batch), take);
    return true;
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
    return this.#buffer.size === 0 && this.#flights.size === 0 && this.#setAside.size === 0;
  }

  /** Not where the consumer has called a batch of the usual size too large. */
  get #mayGather(): boolean {
    return this.#gathering.isOn && this.#flights.size === 0 && this.#window.isOpen && this.#batchSize.mostItems >= this.#config.maxBatchSize;
  }

  /** Nothing gets through at present: what is sent is to find out whether it does again, and little is enough for that. */
  get #isProbing(): boolean {
    return this.#evidence.isInDoubt || this.#window.isCollapsed || this.#gate.circuit !== 'closed';
  }

  #isFullBatch(): boolean {
    if (this.#occupancy.itemBytes - this.bytesInFlight - this.#setAside.bytes >= this.#full.bytes) return true;
    const { size } = this.#buffer;
    if (size < this.#full.items) return false;
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
    this.#full = { items: Math.min(this.#batchSize.items, this.#window.itemsOfFlush), bytes: Math.min(this.#batchSize.bytes, this.#window.bytesOfFlush) };
    this.#expire();
    const time = now();
    if (this.#buffer.size === 0) this.#dueAt = Infinity;
    const suspect = this.#nextSuspect(time);
    if (suspect === undefined) this.#wakeAt(this.#setAside.dueAfter(time), time);
    if (suspect === undefined && this.#buffer.size === 0) return;
    const hasPlaceAt = suspect !== undefined && this.#isTriedAlone(suspect) ? -Infinity : this.#flights.opensAt(this.concurrency);
    if (hasPlaceAt > time) {
      this.#waits = true;
      this.#wakeAt(hasPlaceAt, time);
      return;
    }
    if (this.#dueAt === Infinity && this.#buffer.size > 0) this.#dueAt = time + this.flushIntervalMs;
    const opensAt = this.#gate.opensAt;
    if (opensAt > time) {
      this.#waits = true;
      // Items grow too old behind a closed gate as well.
      this.#wakeAt(Math.min(opensAt, time + this.#config.maxAgeMs), time);
      if (this.#flights.size === 0) this.#waiters.resolveInVain((waiter) => this.#isInVain(waiter, opensAt));
    } else if (suspect !== undefined) {
      this.#retry(suspect, time);
      this.#deferTurn();
    } else if (this.#waiters.size > 0 || time >= this.#dueAt || this.#isFullBatch()) {
      this.#startNext(time);
      this.#deferTurn();
    } else {
      this.#wakeAt(this.#dueAt, time);
    }
  }

  /**
   * The batch among those set aside whose turn it is. A probe carries others as long as there are any: were it the same
   * items each time, and were they the reason, no probe would ever succeed.
   */
  #nextSuspect(time: number): Suspect<Batch> | undefined {
    if (this.#setAside.size === 0 || this.#flights.isFull) return undefined;
    if (this.#isProbing) return this.#buffer.size === 0 || this.#setAside.isFull ? this.#setAside.first : undefined;
    const mostAlone = this.#window.isOpen ? Math.max(1, Math.floor(this.#config.maxConcurrentFlushes * ALONE_SHARE)) : 1;
    const mayTryAlone = this.#flights.alone < mostAlone;
    return this.#setAside.due(time, (suspect) => mayTryAlone || !this.#isTriedAlone(suspect));
  }

  #isTriedAlone({ strikes }: Suspect<Batch>): boolean {
    return strikes > 0 && !this.#isProbing;
  }

  #startNext(time: number): void {
    // Where less leaves than would otherwise, what stays behind has waited for as long.
    if (this.#window.isOpen && !this.#isProbing) this.#dueAt = Infinity;
    // While others hang, one more is let through to see whether the consumer is back.
    const isExtra = !this.#flights.hasPlace(this.concurrency);
    const batch = this.#buffer.take(isExtra ? Math.min(this.batchSize, PROBE_ITEMS) : this.batchSize, Math.min(this.#batchSize.bytes, this.#window.bytesOfFlush));
    const flight = this.#start(batch, undefined, time);
    this.#waiters.tell((barrier) => barrier.onStart(flight));
    this.#batchSize.onDispatch(this.#buffer.size, this.#flights.size >= this.#config.maxConcurrentFlushes, time);
    this.#gathering.onDispatch(flight.items, this.#occupancy.utilization, time);
  }

  /** Sends a batch that was set aside, or as much of it as may be sent now. */
  #retry(suspect: Suspect<Batch>, time: number): void {
    this.#setAside.remove(suspect);
    let part = suspect;
    while (part.items > 1 && (part.items > this.batchSize || part.bytes > this.#window.bytesOfFlush)) {
      const [first, rest] = this.#setAside.split(part);
      this.#setAside.keep(rest);
      part = first;
    }
    const flight = this.#start(part.batch, part, time);
    this.#waiters.tell((barrier) => barrier.onMoved(part, [flight]));
  }

  #start(batch: Batch, suspect: Suspect<Batch> | undefined, time: number): Flight<Batch> {
    const items = this.#buffer.countOf(batch);
    const bytes = this.#buffer.bytesOf(batch);
    const isAlone = suspect !== undefined && this.#isTriedAlone(suspect);
    const flight: Flight<Batch> = {
      batch,
      items,
      bytes,
      startedAt: time,
      abort: new AbortController(),
      ticket: this.#concurrency.onStart(this.#flights.size - this.#flights.alone + 1, time),
      load: { items: this.#flights.items + items, bytes: this.#flights.bytes + bytes },
      suspect,
      isAlone,
      isProbe: this.#isProbing,
      timer: undefined,
      timedOut: false,
    };
    this.#flights.add(flight);
    if (!isAlone) this.#gate.onStart(flight);
    flight.timer = startDeadline(() => this.#timeOut(flight), this.#config.flushTimeoutMs);
    this.#attempt(flight);
    return flight;
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

  #settle(flight: Flight<Batch>, answer: FlushOutcome): void {
    // Abandoned before: its items have gone another way since, and a second count would break the law.
    if (!this.#flights.has(flight)) return;
    this.#flights.remove(flight);
    const time = now();
    const latencyMs = time - flight.startedAt;
    this.#presence.onOutcome(answer);
    this.lastFlushLatencyMs = latencyMs;
    const outcome = answer.kind === 'too_large' ? this.#read(answer, flight) : answer;
    if (outcome.kind === 'delivered' && !outcome.rejected) this.#gathering.onDelivered(latencyMs, time);
    else if (!flight.isAlone) this.#gathering.onFailure(flight.items, time);
    let isUndeliverable = false;
    if (outcome.kind === 'retry' || outcome.kind === 'throttled') isUndeliverable = this.#onFailure(flight, outcome, latencyMs, time);
    else this.#closeAnswered(flight, outcome, latencyMs, time);
    const report = { outcome, items: flight.items, bytes: flight.bytes, latencyMs };
    this.#config.onFlush?.(isUndeliverable ? { ...report, isUndeliverable } : report);
    this.#onRoom();
    this.#resolveReached();
    this.#deferTurn();
  }

  /** A consumer that finds everything too large is one that fails: to send it item by item would lose them all. */
  #read(answer: FlushOutcome & { kind: 'too_large' }, { items, bytes }: Flight<Batch>): FlushOutcome {
    if (answer.unsent === true || this.#evidence.onTooLarge(items, bytes)) return answer;
    return { kind: 'retry', error: new Error('the consumer refuses everything as too large, single items included; they are kept, and it is asked again', { cause: answer.error }) };
  }

  /** @returns whether this was the last attempt: the batch is given up */
  #onFailure(flight: Flight<Batch>, outcome: Failure, latencyMs: number, time: number): boolean {
    const { suspect, isAlone } = flight;
    const mayBeBatch = mayBeTheBatch(outcome);
    const takesOthers = mayBeBatch && this.#evidence.takesOthers(flight, time);
    const isSuspicious = mayBeBatch && (takesOthers || flight.isProbe);
    const staysAside = suspect !== undefined || (isSuspicious && this.#setAside.hasRoomFor(flight.items, flight.bytes));
    const kind = pressureOf(flight, outcome);
    if (!isAlone) this.#evidence.onFailure(time);
    if (isAlone ? mayBeBatch : takesOthers && staysAside && !flight.isProbe && kind !== 'throttled') {
      // The batch's own affair, as far as is known. A time-out may be for the load all the same.
      if (kind === 'timeout' && !isAlone) this.#concurrency.onPressure(kind, flight.ticket);
      this.#gate.onNoNews(flight);
    } else {
      this.#tellGate(flight, outcome, time);
    }
    if (!isAlone && mayBeBatch) this.#reduceWindow(flight, kind, takesOthers, latencyMs, time);
    if (!staysAside) this.#putBack(flight);
    else if (this.#setAside.isProven(flight, takesOthers, time)) return this.#giveUp(flight);
    else {
      this.#accounting.retry(flight.items);
      this.#setAside.add(flight, takesOthers, latencyMs, time);
    }
    return false;
  }

  #tellGate(flight: Flight<Batch>, outcome: Failure, time: number): void {
    if (!this.#gate.onFailure(flight, outcome, time, this.#waiters.size > 0)) return;
    this.#concurrency.onPressure(pressureOf(flight, outcome), flight.ticket);
    if (outcome.kind === 'throttled' || outcome.unreachable !== true) this.#batchSize.onFailure();
    if (mayBeTheBatch(outcome)) this.#evidence.onDoubtfulRound();
  }

  /** What is sent at a time may be why it fails: surely so where it times out, perhaps where nothing else gets through. */
  #reduceWindow(flight: Flight<Batch>, kind: PressureKind, takesOthers: boolean, latencyMs: number, time: number): void {
    if (kind === 'timeout') this.#window.reduce(flight.load, flight.startedAt, takesOthers, latencyMs, time);
    else if (kind === 'failure' && !takesOthers && this.#evidence.isInDoubt) this.#window.reduce(flight.load, flight.startedAt, false, Infinity, time);
  }

  #giveUp(flight: Flight<Batch>): true {
    this.#buffer.release(flight.batch);
    this.#waiters.tell((barrier) => barrier.onSettled(flight));
    this.#accounting.fail('undeliverable', flight.items);
    this.#occupancy.remove(flight.items, flight.bytes);
    return true;
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
    this.#waiters.tell((barrier) => barrier.onSettled(flight));
    // Counted first: room that is released may call who listens, and they may look at the counters.
    if (outcome.kind === 'delivered') {
      const rejected = outcome.rejected ?? 0;
      this.#accounting.deliver(flight.items - rejected);
      this.#accounting.fail('rejected', rejected);
      this.#onDelivered(flight, latencyMs, time);
    } else {
      this.#accounting.fail(outcome.kind === 'too_large' ? 'too_large' : 'rejected', flight.items);
    }
    this.#occupancy.remove(flight.items, flight.bytes);
  }

  #onDelivered(flight: Flight<Batch>, latencyMs: number, time: number): void {
    if (this.#evidence.refusesEverything) this.#batchSize.forget();
    this.#evidence.onDelivered(flight.startedAt, flight.bytes, time);
    this.#window.onDelivered(flight.items, flight.bytes, latencyMs);
    this.#interval.onLatency(latencyMs);
    if (!flight.isAlone) this.#concurrency.onSuccess(flight.ticket, time);
    this.#batchSize.onDelivered();
  }

  #putBack(flight: Flight<Batch>): void {
    this.#buffer.putBack(flight.batch);
    const { size, lowestLane } = this.#buffer;
    const oneLane = this.#buffer.laneSize(lowestLane) === size;
    this.#waiters.tell((barrier) => barrier.onPutBack(flight, size, oneLane));
    this.#accounting.retry(flight.items);
    this.#dueAt = -Infinity;
  }

  #expire(): void {
    if (this.#config.maxAgeMs === Infinity) return;
    const before = now() - this.#config.maxAgeMs;
    for (const suspect of [...this.#setAside]) if (suspect.firstTakenAt < before) this.#returnToBuffer(suspect);
    const { items, bytes } = this.#buffer.evictTakenBefore(before);
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

  /** The buffer knows which of its items are too old. */
  #returnToBuffer(suspect: Suspect<Batch>): void {
    this.#setAside.remove(suspect);
    this.#buffer.putBack(suspect.batch);
    const { size } = this.#buffer;
    this.#waiters.tell((barrier) => barrier.onPutBack(suspect, size, false));
  }

  #resolveReached(): void {
    this.#waiters.resolveReached(this.#isIdle, this.#buffer.size);
  }

  /** Whether the consumer asked for a longer pause than the waiter has time, or has never been there. */
  #isInVain({ deadline, absentAt }: Waiter, opensAt: number): boolean {
    return this.#gate.isThrottledBeyond(deadline) || (this.#presence.isAbsent && opensAt > absentAt);
  }
}

type Failure = FlushOutcome & { kind: 'retry' | 'throttled' };

function pressureOf(flight: { readonly timedOut: boolean }, outcome: Failure): PressureKind {
  if (outcome.kind === 'throttled') return 'throttled';
  return flight.timedOut || outcome.timedOut === true ? 'timeout' : 'failure';
}
