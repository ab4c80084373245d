import { Accounting } from './accounting.ts';
import { type BackpressureControllerConfig, type ResolvedConfig, resolveConfig } from './backpressure-config.ts';
import { type BackpressureState, StateMachine } from './backpressure-state.ts';
import { BackpressureStrategy } from './backpressure-strategy.ts';
import type { BatchBuffer } from './batch-buffer.ts';
import type { CircuitState } from './circuit-breaker.ts';
import { startTimer, type Timer } from './clock.ts';
import { DROP_REASONS, type DropReason } from './drop-reason.ts';
import { FlushLoop } from './flush-loop.ts';
import type { FlushFunction } from './flush-outcome.ts';
import { checkPlatform } from './platform-check.ts';
import { ObjectBuffer } from './object-buffer.ts';
import { Occupancy } from './occupancy.ts';
import type { BudgetShare } from './budget-share.ts';
import { type HeldMemory, pressureOn } from './pressure-source.ts';
import { RoomQueue } from './room-queue.ts';
import { weakReference } from './weak-reference.ts';

const HIGHEST_LANE = 31;
/** How often pressure sources are asked. */
const PRESSURE_INTERVAL_MS = 250;

/** A moment of a controller's life. Counters only grow. */
export interface BackpressureMetrics {
  readonly state: BackpressureState;
  /** Items queued, those set aside included. */
  readonly bufferSize: number;
  /** Items set aside: their batch failed, and is tried alone. */
  readonly setAside: number;
  /** The worst of items held, bytes held, the shared budget and pressure sources, 0 to 1. */
  readonly bufferUtilization: number;
  readonly eventsAccepted: number;
  /** Rejected or evicted. */
  readonly eventsDropped: number;
  readonly eventsFlushed: number;
  readonly lastFlushLatencyMs: number;
  /** Bytes held: queued and in flight. */
  readonly bufferBytes: number;
  /** Items in flight. */
  readonly inFlight: number;
  readonly eventsOffered: number;
  /** Offered and not let in. */
  readonly eventsRejected: number;
  /** Let in and given up before they were sent. */
  readonly eventsEvicted: number;
  /** Sent and refused for good. */
  readonly eventsFailed: number;
  /** Times an item was put back to be sent again. */
  readonly eventsRetried: number;
  /** Let in and handed over to another who will send them: see `handOver`. */
  readonly eventsSpilled: number;
  /** Everything rejected, evicted or failed, by reason. */
  readonly droppedByReason: Readonly<Record<DropReason, number>>;
  /** How long a batch that is not full waits at present. */
  readonly flushIntervalMs: number;
  /** Items a flush may carry at present. */
  readonly batchSize: number;
  /** Flushes that may be in flight at present. */
  readonly concurrency: number;
  readonly flushesInFlight: number;
  readonly circuit: CircuitState;
}

/** What a drain came to. */
export interface DrainResult {
  /** Items delivered while it ran. */
  readonly flushed: number;
  /** Items refused for good while it ran. */
  readonly failed: number;
  /** Items still held at its end. */
  readonly remaining: number;
}

/** How long a drain, flush or close may take. */
export interface DrainOptions {
  /** Milliseconds. Default: `drainTimeoutMs` of the controller. */
  readonly timeoutMs?: number;
  /**
   * Milliseconds after which a consumer that was never there is not waited for: one of which every attempt so far said
   * `unreachable`, and at once. There is at least one attempt within the call. A consumer that has answered before, or
   * hangs, has the whole `timeoutMs`. Default: `Infinity`.
   */
  readonly absentAfterMs?: number;
}

type Life = 'open' | 'draining' | 'closed';

/**
 * Flow control between a producer that must not be slowed down and a consumer that may be slow, throttled or gone.
 *
 * Items come in by `push` or `tryPush`, are held within bounds, and leave in batches through the flush function. All
 * retrying, waiting, throttling and dropping happens here, and {@link Accounting} says where each item went.
 */
export class BackpressureController<Item, Batch = Item[]> {
  readonly #config: ResolvedConfig<Item, Batch>;
  readonly #buffer: BatchBuffer<Item, Batch>;
  readonly #accounting: Accounting;
  readonly #occupancy: Occupancy;
  readonly #budgetShare: BudgetShare | undefined;
  /** Another controller has joined the budget, which leaves less for this one. Kept here because the budget does not keep it. */
  readonly #onBudgetShrunk = (): void => this.#giveUpExcess();
  readonly #states: StateMachine;
  readonly #loop: FlushLoop<Item, Batch>;
  readonly #waiting: RoomQueue<Item>;
  readonly #onReady = new Set<() => void>();
  #life: Life = 'open';
  #draining: Promise<DrainResult> | undefined;
  /** A drain, and a close beside it. */
  #drains = 0;
  #closing: Promise<DrainResult> | undefined;
  #offeredToSample = 0;
  #isMakingRoom = false;
  #pressureTimer: Timer | undefined;
  #stopListening: (() => void) | undefined;

  /**
   * @param flushFn delivers one batch in one attempt
   * @throws RangeError or TypeError that names the field and the value, for a config that makes no sense; TypeError also
   *   on a platform without AbortController or timers
   */
  constructor(flushFn: FlushFunction<Item, Batch>, config: BackpressureControllerConfig<Item, Batch> = {}) {
    checkPlatform();
    if (typeof flushFn !== 'function') throw new TypeError(`flushFn must be a function, got ${String(flushFn)}`);
    this.#config = resolveConfig(withSafeCallbacks(config));
    this.#buffer = this.#config.buffer ?? objectBuffer(this.#config);
    this.#accounting = new Accounting(this.#config.onDrop);
    const { maxBufferSize, maxBufferBytes, memoryBudget } = this.#config;
    this.#budgetShare = memoryBudget?.join(this, this.#onBudgetShrunk);
    this.#occupancy = new Occupancy(maxBufferSize, maxBufferBytes, this.#buffer, this.#budgetShare);
    this.#states = new StateMachine(this.#config.lowWatermark, this.#config.highWatermark, this.#config.onStateChange);
    this.#waiting = new RoomQueue(this.#config.maxBlockTimeMs, (reason) => this.#onGivenUp(reason));
    this.#loop = new FlushLoop(flushFn, this.#buffer, this.#config, this.#occupancy, this.#accounting, () => this.#onRoom());
    this.#updateState();
  }

  get state(): BackpressureState {
    return this.#states.state;
  }

  /** Begins to flush. Items pushed before are kept and go first. Calling it again changes nothing. */
  start(): void {
    if (this.#life === 'closed') return;
    this.#loop.start();
    if (this.#config.pressure.length > 0 && this.#pressureTimer === undefined) this.#readPressure();
  }

  /** Starts no more flushes. Items are still let in, within the bounds; those in flight settle. */
  stop(): void {
    this.#loop.stop();
    this.#pressureTimer?.cancel();
    this.#pressureTimer = undefined;
  }

  /**
   * Offers an item. Only with strategy `block` does it wait.
   * @returns whether the item was let in; if not, a counter says why
   */
  push(item: Item): Promise<boolean> {
    if (this.#config.strategy !== BackpressureStrategy.BLOCK || this.#life !== 'open') {
      return Promise.resolve(this.tryPush(item));
    }
    if (this.#waiting.size === 0) {
      const accepted = this.#admitBlocking(item);
      if (accepted !== undefined) return Promise.resolve(accepted);
    }
    this.#listenToBudget();
    return this.#waiting.wait(item);
  }

  /**
   * Offers an item without waiting. With strategy `block` it is refused when there is no room.
   * @returns whether the item was let in; if not, a counter says why. Never throws
   */
  tryPush(item: Item): boolean {
    if (this.#life !== 'open') return this.#reject('shutdown');
    if (this.#config.strategy === BackpressureStrategy.BLOCK) {
      // Those who wait were here before.
      return (this.#waiting.size === 0 ? this.#admitBlocking(item) : undefined) ?? this.#reject('queue_full');
    }
    if (this.#config.strategy === BackpressureStrategy.SAMPLE && !this.#states.isNormal && !this.#isSampled(item)) {
      return this.#reject('sampled');
    }
    return this.#store(item) ?? this.#reject('queue_full');
  }

  /**
   * Whether an item of that lane, of one byte at least, might be let in now; false only where it would be refused for want
   * of room, however small it is, or because the controller takes nothing any more. For producers that can spare themselves the making.
   */
  mayAccept(lane: number): boolean {
    if (this.#life !== 'open') return false;
    if (this.#occupancy.hasRoom) return true;
    // Room can be made only by what is queued: what is in flight cannot be given up.
    if (this.#config.strategy === BackpressureStrategy.BLOCK || this.#buffer.size === 0) return false;
    const { lowestLane } = this.#buffer;
    return this.#config.strategy === BackpressureStrategy.DROP_NEWEST ? lowestLane < lane : lowestLane <= lane;
  }

  /**
   * Counts items that their producer gives up by a rule of its own, instead of offering them: as offered and rejected.
   * @param reason why
   * @param count items, 1 by default
   * @throws RangeError for a reason that is none, or a count that is no whole number from 0
   */
  discard(reason: DropReason, count = 1): void {
    if (!DROP_REASONS.includes(reason)) throw new RangeError(`reason must be one of ${DROP_REASONS.join(', ')}, got ${reason as string}`);
    if (!(Number.isSafeInteger(count) && count >= 0)) throw new RangeError(`count must be a whole number from 0, got ${String(count)}`);
    this.#accounting.reject(reason, count);
  }

  /** Resolves when there is room for an item: at once, unless the buffer is full. */
  ready(): Promise<void> {
    if (this.#occupancy.hasRoom || this.#life === 'closed') return Promise.resolve();
    this.#listenToBudget();
    return new Promise((resolve) => this.#onReady.add(resolve));
  }

  /**
   * Resolves with true once every item accepted before has settled (delivered, refused or given up), in flight
   * included; with false when that has not come by the deadline. New items keep coming in. Works while stopped.
   */
  async flush(options: DrainOptions = {}): Promise<boolean> {
    return this.#loop.settleAll(this.#limits(options), 'accepted-so-far');
  }

  /**
   * Takes nothing more in but what is waiting for room already, and flushes everything there is, until it is gone or the time is over. Afterwards the
   * controller is as it was before, with what remains. Calls during a drain join it.
   */
  drain(options: DrainOptions = {}): Promise<DrainResult> {
    this.#draining ??= this.#drain(options).finally(() => {
      this.#draining = undefined;
    });
    return this.#draining;
  }

  /**
   * Drains, then ends: aborts what is still in flight, gives up what remains (counted as `shutdown`), and refuses
   * whatever comes after. Runs once, by its own deadline even where a drain with a later one is running; later calls
   * get the first one's result.
   */
  async close(options: DrainOptions = {}): Promise<DrainResult> {
    this.#closing ??= this.#close(this.#limits(options));
    return this.#closing;
  }

  /**
   * Gives everything that is held to another, at once, and ends: for a process that ends before anything could be
   * awaited. Batches in flight come first, then those queued in their order, each as large as a flush may be. What is
   * taken counts as spilled and is not sent from here again; what was in flight may have arrived all the same.
   * @param take reads the batch before it returns, for its memory is used again, and says whether it has it. What it
   *   has not, or where it throws, is given up (counted as `shutdown`)
   * @returns items taken
   */
  handOver(take: (batch: Batch, items: number) => boolean): number {
    const { spilled } = this.#accounting;
    while (this.handOverNext(take));
    return this.#accounting.spilled - spilled;
  }

  /**
   * One step of {@link handOver}, for a caller that empties several controllers in turn. The first step ends the
   * controller. Call it without a pause until it returns false, or end with {@link giveUp}.
   * @returns false if nothing was held any more
   */
  handOverNext(take: (batch: Batch, items: number) => boolean): boolean {
    this.#life = 'closed';
    if (this.#loop.handOverNext(take)) return true;
    this.#endAtOnce();
    return false;
  }

  /**
   * Ends at once and gives up everything that is held (counted as `shutdown`).
   * @returns items given up
   */
  giveUp(): number {
    const { evicted } = this.#accounting;
    this.#life = 'closed';
    this.#endAtOnce();
    return this.#accounting.evicted - evicted;
  }

  /** {@link close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  getMetrics(): BackpressureMetrics {
    const { accepted, rejected, evicted, failed, flushed, retried, spilled } = this.#accounting;
    return {
      state: this.#states.state,
      bufferSize: this.#buffer.size + this.#loop.itemsSetAside,
      setAside: this.#loop.itemsSetAside,
      bufferUtilization: Math.min(this.#occupancy.utilization, 1),
      eventsAccepted: accepted,
      eventsDropped: rejected + evicted,
      eventsFlushed: flushed,
      lastFlushLatencyMs: this.#loop.lastFlushLatencyMs,
      bufferBytes: this.#occupancy.bytes,
      inFlight: this.#loop.itemsInFlight,
      eventsOffered: accepted + rejected,
      eventsRejected: rejected,
      eventsEvicted: evicted,
      eventsFailed: failed,
      eventsRetried: retried,
      eventsSpilled: spilled,
      droppedByReason: this.#accounting.byReason(),
      flushIntervalMs: this.#loop.flushIntervalMs,
      batchSize: this.#loop.batchSize,
      concurrency: this.#loop.concurrency,
      flushesInFlight: this.#loop.flushesInFlight,
      circuit: this.#loop.circuit,
    };
  }

  /** Lets an item in if there is room without giving anything up. @returns undefined when there is none */
  #admitBlocking(item: Item): boolean | undefined {
    return this.#occupancy.hasRoom ? this.#store(item) : undefined;
  }

  /**
   * Stores first and makes room after: only when an item has been encoded is it known what it occupies, and nothing is
   * given up for an item that then cannot be stored.
   * @returns undefined when there is no room and none can be made
   */
  #store(item: Item): boolean | undefined {
    // Pushed by a callback that is told of an eviction: the item for which room is made is not settled yet.
    if (this.#isMakingRoom) return undefined;
    const lane = this.#laneOf(item);
    let bytes: number;
    try {
      bytes = this.#buffer.push(item, lane);
    } catch (thrown) {
      return this.#reject(isTooLarge(thrown) ? 'too_large' : 'unencodable');
    }
    if (bytes > this.#config.maxItemBytes || bytes > this.#config.maxBatchBytes || this.#occupancy.exceedsBounds(bytes)) {
      this.#buffer.undoPush();
      return this.#reject('too_large');
    }
    this.#occupancy.add(bytes);
    // Before anything is given up for it, so that the law holds in whatever that calls.
    this.#accounting.accept();
    const isOver = this.#occupancy.isOver;
    if (isOver && !this.#tryMakeRoom(lane, bytes)) {
      this.#buffer.undoPush();
      this.#accounting.undoAccept();
      this.#occupancy.undoAdd(bytes);
      this.#updateState();
      return undefined;
    }
    // Where items were given up it may have fallen as well: one of them may have been larger than the new one.
    if (isOver || this.#occupancy.mayHaveRisen) this.#updateState();
    this.#loop.onPush(lane);
    return true;
  }

  /** A rule that throws costs no item: it goes into the lowest lane. */
  #laneOf(item: Item): number {
    const { priorityOf } = this.#config;
    if (priorityOf === undefined) return 0;
    try {
      return laneOf(priorityOf(item));
    } catch {
      return 0;
    }
  }

  #tryMakeRoom(lane: number, bytes: number): boolean {
    this.#isMakingRoom = true;
    try {
      return this.#makeRoom(lane, bytes);
    } finally {
      this.#isMakingRoom = false;
    }
  }

  /** Gives up items that matter no more than the new one, which is in the buffer already. @returns whether it now fits */
  #makeRoom(lane: number, bytes: number): boolean {
    const { strategy } = this.#config;
    if (strategy === BackpressureStrategy.BLOCK) return false;
    // What is in flight or in higher lanes cannot be given up. Where that alone leaves too little room, nothing is given up in vain.
    const highest = strategy === BackpressureStrategy.DROP_NEWEST ? lane - 1 : lane;
    const evictable = this.#bytesUpTo(highest) - (highest === lane ? bytes : 0);
    if (this.#occupancy.isOverWithout(evictable)) return false;
    while (this.#occupancy.isOver) {
      const lowest = this.#buffer.lowestLane;
      // Never above the new item's lane, for that is queued already; and it is not given up for itself.
      const mayEvict = lowest < lane || (strategy !== BackpressureStrategy.DROP_NEWEST && this.#buffer.laneSize(lane) > 1);
      if (!mayEvict) return false;
      if (!this.#thinOut(lane)) this.#evict();
    }
    return true;
  }

  /** Gives up items, as for a new one, until no more is held than the bounds allow. */
  #giveUpExcess(): void {
    // If room is being made for an item, that does not end before there is enough.
    if (this.#config.strategy === BackpressureStrategy.BLOCK || this.#isMakingRoom) return;
    this.#isMakingRoom = true;
    try {
      while (this.#occupancy.isOver && this.#buffer.size > 0) {
        if (!this.#thinOut(HIGHEST_LANE)) this.#evict();
      }
    } finally {
      this.#isMakingRoom = false;
    }
    this.#updateState();
  }

  #evict(): void {
    const oldest = this.#config.strategy !== BackpressureStrategy.DROP_NEWEST;
    if (oldest && this.#buffer.laneSize(this.#buffer.lowestLane) === this.#buffer.size) this.#loop.onEvictNext();
    const evicted = this.#buffer.evict(oldest ? 'oldest' : 'newest');
    // Counted first: room that is released may call who listens, and they may look at the counters.
    this.#accounting.evict('evicted', 1);
    this.#occupancy.remove(1, evicted);
  }

  /** @returns whether the buffer's own rule gave anything up */
  #thinOut(lane: number): boolean {
    if (this.#config.strategy === BackpressureStrategy.DROP_NEWEST) return false;
    const thinned = this.#buffer.thinOut?.(lane);
    if (thinned === undefined || thinned.items === 0) return false;
    this.#accounting.evict('sampled', thinned.items);
    this.#occupancy.remove(thinned.items, thinned.bytes);
    return true;
  }

  /** Bytes queued in that lane and those below. */
  #bytesUpTo(highest: number): number {
    let bytes = 0;
    for (let lane = this.#buffer.lowestLane; lane <= highest; lane += 1) bytes += this.#buffer.laneBytes(lane);
    return bytes;
  }

  /**
   * Counts what is offered while under load, and nothing else: a count of what was *accepted* stands still as soon as
   * one item was refused, and refuses for ever.
   */
  #isSampled(item: Item): boolean {
    const { isSampled, sampleRate } = this.#config;
    if (isSampled !== undefined) {
      try {
        return isSampled(item, sampleRate);
      } catch {
        return true;
      }
    }
    this.#offeredToSample += 1;
    return this.#offeredToSample % sampleRate === 1 % sampleRate;
  }

  #reject(reason: DropReason): false {
    this.#accounting.reject(reason);
    return false;
  }

  /** The first of those who wait has gone away: it is forgotten, and room too small for its item may do for the next one's. */
  #onGivenUp(reason: DropReason): void {
    this.#reject(reason);
    this.#onRoom();
  }

  /** Items have left for good: those who wait come before the world hears of it. */
  #onRoom(): void {
    this.#waiting.serve((item) => this.#admitBlocking(item));
    this.#updateState();
    if (this.#onReady.size > 0 && this.#occupancy.hasRoom) this.#releaseReady();
    if (this.#stopListening !== undefined && this.#waiting.size === 0 && this.#onReady.size === 0) {
      this.#stopListening();
      this.#stopListening = undefined;
    }
  }

  #updateState(): void {
    this.#states.update(this.#occupancy.utilization);
    this.#occupancy.watchFor(this.#states.risesFrom);
  }

  #releaseReady(): void {
    for (const resolve of this.#onReady) resolve();
    this.#onReady.clear();
  }

  /** With a shared budget, room may be made by another controller. Heard only while somebody waits. */
  #listenToBudget(): void {
    this.#stopListening ??= this.#config.memoryBudget?.onGivenBack(() => this.#onRoom());
  }

  #readPressure(): void {
    this.#occupancy.setPressure(pressureOn(this.#heldMemory(), this.#config.pressure));
    this.#updateState();
    // The timer must not keep a controller alive that nobody refers to any more.
    const self = weakReference(this);
    this.#pressureTimer = startTimer(() => {
      const controller = self();
      if (controller !== undefined) controller.#readPressure();
    }, PRESSURE_INTERVAL_MS);
  }

  #heldMemory(): HeldMemory {
    const { buffer, sizeOf } = this.#config;
    if (buffer === undefined && sizeOf === undefined) return undefined;
    const { bytes, itemBytes } = this.#occupancy;
    return { process: bytes, heap: this.#buffer.isOffHeap === true ? bytes - itemBytes : bytes };
  }

  #limits({ timeoutMs = this.#config.drainTimeoutMs, absentAfterMs = Infinity }: DrainOptions): Required<DrainOptions> {
    for (const [name, value] of Object.entries({ timeoutMs, absentAfterMs })) {
      if (typeof value !== 'number' || !(value >= 0)) throw new RangeError(`${name} must be at least 0, got ${String(value)}`);
    }
    return { timeoutMs, absentAfterMs };
  }

  async #drain(options: DrainOptions): Promise<DrainResult> {
    const limits = this.#limits(options);
    const { flushed, failed } = this.#accounting;
    this.#drains += 1;
    if (this.#life === 'open') this.#life = 'draining';
    this.#states.setDraining(true);
    await this.#loop.settleAll(limits, 'everything');
    this.#drains -= 1;
    if (this.#drains === 0) {
      if (this.#life === 'draining') this.#life = 'open';
      this.#states.setDraining(false);
    }
    return {
      flushed: this.#accounting.flushed - flushed,
      failed: this.#accounting.failed - failed,
      remaining: this.#occupancy.items,
    };
  }

  async #close(options: DrainOptions): Promise<DrainResult> {
    this.#life = 'closed';
    const result = await this.#drain(options);
    this.#end();
    return result;
  }

  #endAtOnce(): void {
    this.#end();
    this.#closing ??= Promise.resolve({ flushed: 0, failed: 0, remaining: 0 });
  }

  #end(): void {
    this.#waiting.close();
    this.#loop.giveUpAll('shutdown');
    // When nobody waits for a flush any more: for those who do, a stopped loop goes on.
    this.stop();
    this.#releaseReady();
    this.#stopListening?.();
    this.#budgetShare?.leave();
    this.#updateState();
  }
}

/** A default buffer keeps objects, and its batches are arrays of them: `Batch` is then `Item[]` by its own default. */
function objectBuffer<Item, Batch>(config: ResolvedConfig<Item, Batch>): BatchBuffer<Item, Batch> {
  return new ObjectBuffer<Item>(config.sizeOf) as unknown as BatchBuffer<Item, Batch>;
}

function laneOf(priority: number): number {
  return Number.isFinite(priority) ? Math.min(Math.max(Math.trunc(priority), 0), HIGHEST_LANE) : 0;
}

function isTooLarge(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'name' in thrown && thrown.name === 'ItemTooLargeError';
}

/** Callbacks are the application's; what they throw must not stop the flow, and has nowhere better to go. */
function withSafeCallbacks<Item, Batch>(config: BackpressureControllerConfig<Item, Batch>): BackpressureControllerConfig<Item, Batch> {
  const safe = { ...config };
  for (const name of ['onStateChange', 'onDrop', 'onFlush'] as const) {
    const callback = config[name] as ((...args: never[]) => void) | undefined;
    if (typeof callback !== 'function') continue;
    let isRunning = false;
    const guarded = (...args: never[]): void => {
      // What `onDrop` drops by its own pushes is counted, but not told to it again: it would drop for ever.
      if (isRunning && name === 'onDrop') return;
      isRunning = true;
      try {
        const returned: unknown = callback(...args);
        if (returned instanceof Promise) returned.catch(() => {});
      } catch {
        // see above
      } finally {
        isRunning = false;
      }
    };
    Object.assign(safe, { [name]: guarded });
  }
  return safe;
}
