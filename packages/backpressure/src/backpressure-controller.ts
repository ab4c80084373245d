import type { Admission } from './admission.ts';
import type { BackpressureControllerConfig } from './backpressure-config.ts';
import { type BackpressureMetrics, metricsOf } from './backpressure-metrics.ts';
import type { BackpressureState } from './backpressure-state.ts';
import { type ControllerInspection, inspectionOf } from './controller-inspection.ts';
import type { ControllerLife } from './controller-life.ts';
import { controllerParts, type ControllerParts } from './controller-parts.ts';
import type { DrainOptions, DrainResult } from './drain.ts';
import { type DropReason, dropReason } from './drop-reason.ts';
import { type FlowMetrics, flowMetricsOf } from './flow-metrics.ts';
import type { FlushFunction } from './flush-outcome.ts';
import type { Intake } from './intake.ts';
import type { PipelineObserver } from './observers.ts';
import { wholeFrom0 } from './option-checks.ts';
import { checkPlatform } from './platform-check.ts';
import type { TakeBatch } from './overflow.ts';
import { checkReplay, type Readmission, type Replay } from './replay.ts';
import type { StreamOptions } from './stream/stream-options.ts';
import { writableStream } from './stream/writable-stream.ts';

/**
 * Flow control between a producer that must not be slowed down and a consumer that may be slow, throttled or gone.
 *
 * Items come in by `push` or `tryPush`, are held within bounds, and leave in batches through the flush function. All
 * retrying, waiting, throttling and dropping happens here, and `getMetrics` says where each item went.
 */
export class BackpressureController<Item, Batch = Item[]> {
  readonly #parts: ControllerParts<Item, Batch>;
  // Every call of a producer needs these two.
  readonly #intake: Intake<Item, Batch>;
  readonly #life: ControllerLife<Item, Batch>;

  /**
   * @param flushFn delivers one batch in one attempt
   * @throws RangeError or TypeError that names the field and the value, for an invalid config; TypeError also on a
   *   platform without AbortController or timers
   */
  constructor(flushFn: FlushFunction<Item, Batch>, config: BackpressureControllerConfig<Item, Batch> = {}) {
    checkPlatform();
    if (typeof flushFn !== 'function') throw new TypeError(`flushFn must be a function, got ${String(flushFn)}`);
    this.#parts = controllerParts(this, flushFn, config);
    this.#intake = this.#parts.intake;
    this.#life = this.#parts.life;
  }

  get state(): BackpressureState {
    return this.#parts.states.state;
  }

  /** Whether it has begun to close. Then it lets no items in, except while an overflow can still take them. */
  get hasEnded(): boolean {
    return this.#life.hasEnded;
  }

  /** Begins to flush. Items pushed before are sent first. Calling it again changes nothing. */
  start(): void {
    if (this.#life.hasEnded) return;
    this.#parts.loop.start();
    this.#parts.pressure.start();
  }

  /** Starts no more flushes. Those in flight still settle. Items are still let in, within the bounds. */
  stop(): void {
    this.#parts.loop.stop();
    this.#parts.pressure.stop();
  }

  /**
   * Offers an item. Waits for room only with strategy `block`.
   * @param admission its lane, and a mark for the buffer. Default: the lane of `priorityOf`
   * @returns whether the item was let in; if not, a counter says why
   */
  push(item: Item, admission?: Admission): Promise<boolean> {
    return this.#life.takesItems
      ? this.#intake.push(item, admission)
      : Promise.resolve(this.#intake.refuse('already_shutdown'));
  }

  /**
   * Offers an item without waiting. With strategy `block`, it is refused if there is no room.
   * @param admission as for {@link push}
   * @returns whether the item was let in; if not, a counter says why. Never throws
   */
  tryPush(item: Item, admission?: Admission): boolean {
    return this.#life.takesItems ? this.#intake.tryPush(item, admission) : this.#intake.refuse('already_shutdown');
  }

  /**
   * Offers an item and waits for room as long as it takes, whatever the strategy: no other item is given up for it, and
   * it is not sampled. Waits for the end of a drain, too.
   * @param admission as for {@link push}
   * @returns whether the item was let in. Otherwise it is too large, cannot be encoded, or the controller has ended; a
   *   counter says which
   */
  async pushWhenRoom(item: Item, admission?: Admission): Promise<boolean> {
    if (this.#life.kind === 'draining') await this.#life.untilDrained();
    return this.#life.takesItems ? this.#intake.pushWhenRoom(item, admission) : this.#intake.refuse('already_shutdown');
  }

  /**
   * A stream into this controller, whose backpressure is the controller's: each chunk is an item, and the next one is
   * asked for when there is room for it. It starts the controller.
   *
   * The end of the stream closes the controller and resolves when the last item is delivered; an abort closes it as
   * well. It rejects if items had to be given up. If the controller is closed elsewhere, the stream fails.
   * `toNodeWritable` of `@spillway/backpressure/node` makes a stream of Node.
   * @throws TypeError for an invalid option, and on a platform without `WritableStream`
   */
  writable(options: StreamOptions<Item> = {}): WritableStream<Item> {
    return writableStream(this, options);
  }

  /**
   * Whether an item of that lane might be let in now. False only if even an item of one byte would be refused, because
   * there is no room for it or the controller takes no more items. So a producer need not build an item that would be
   * refused.
   */
  mayAccept(lane: number): boolean {
    return this.#life.takesItems && this.#intake.mayAccept(lane);
  }

  /**
   * Counts items that their producer drops by its own rule instead of offering them. They count as offered and refused.
   * @param reason why
   * @param count items, 1 by default
   * @throws RangeError for an unknown reason, or for a count that is not a whole number from 0
   */
  discard(reason: DropReason, count = 1): void {
    this.#parts.accounting.refuse(dropReason(reason), wholeFrom0('count', count));
  }

  /**
   * Tells the observers of an item that its producer did not even build, because it would have been refused or sampled
   * out. It was never offered, so it is in no counter.
   */
  onNotBuilt(): void {
    this.#parts.config.observers.onNotBuilt();
  }

  /**
   * Takes over items that another process has let in and spilled. They count as offered, accepted and spilled from now
   * on, and are then readmitted or discarded like those of this one.
   * @throws RangeError for a count that is not a whole number from 0
   */
  adopt(count: number): void {
    this.#parts.accounting.adopt(wholeFrom0('count', count));
  }

  /**
   * Sends items that the overflow has kept, under the same gate, bounds and concurrency as all other items. Live items
   * come first, but cannot hold replays up for good. Nothing is sent while the controller is stopped or drains.
   * @returns what became of them. It does not reject if the attempt fails: the items then still count as spilled
   * @throws (rejects) RangeError or TypeError for a replay that could never be sent
   */
  async readmit(replay: Replay): Promise<Readmission> {
    checkReplay(replay, this.#parts.config.maxBufferSize, this.#parts.occupancy);
    return this.#life.hasEnded ? { kind: 'kept' } : this.#parts.loop.readmit(replay);
  }

  /**
   * Gives up everything that is queued or set aside, because newer values of the same kind will replace it (counted as
   * `superseded`). Flushes in flight are not touched: items that come back from them are held as before.
   * @returns items given up
   */
  supersede(): number {
    return this.#parts.loop.supersede();
  }

  /**
   * Gives everything that is queued or set aside to the overflow, as far as it takes it.
   * @param maxBatchBytes of each batch that it is given; a larger item goes alone. Default: as in a flush
   * @returns whether nothing is queued or set aside any more
   */
  spill(maxBatchBytes?: number): boolean {
    return this.#parts.loop.spilling.spillAll(maxBatchBytes);
  }

  /**
   * The same for everything that is held, also what is in flight. Those flushes are aborted, and may have arrived
   * nevertheless. If the overflow takes nothing, they are left alone.
   * @returns whether nothing is held any more, except replays
   */
  spillHeld(): boolean {
    return this.#parts.loop.spillHeld();
  }

  /** Counts spilled items that the overflow gives up. @throws RangeError like {@link discard} */
  discardSpilled(reason: DropReason, count: number): void {
    this.#parts.accounting.giveUpSpilled(dropReason(reason), wholeFrom0('count', count));
  }

  /** Resolves when there is room for an item: immediately, unless the buffer is full. */
  ready(): Promise<void> {
    return this.#life.hasEnded ? Promise.resolve() : this.#intake.ready();
  }

  /**
   * Resolves with true once every item accepted before, including those in flight, has settled (delivered, rejected or
   * given up), and with false if that has not happened by the deadline. New items are still let in. Works while
   * stopped.
   */
  async flush(options: DrainOptions = {}): Promise<boolean> {
    return this.#parts.loop.settleAll(this.#life.limits(options), 'accepted-so-far');
  }

  /**
   * Flushes everything that is held until nothing is left or the time is over. Meanwhile, no items are let in except
   * those of producers that already wait for room. Afterwards, the controller works as before, with the remaining
   * items. Calls during a drain join it.
   */
  drain(options: DrainOptions = {}): Promise<DrainResult> {
    return this.#life.drain(options);
  }

  /**
   * Drains, then ends: aborts flushes still in flight, gives up the remaining items (counted as `drain_timeout`), and
   * refuses all later ones. With an overflow, items are let in until the end of that drain, which does not wait for them,
   * and the overflow is asked to take what remains. It runs once, with its own deadline, even if a drain with a later deadline is running.
   * Later calls get the result of the first.
   */
  close(options: DrainOptions = {}): Promise<DrainResult> {
    return this.#life.close(options);
  }

  /**
   * Gives everything that is held to a taker, synchronously, and ends: for a process that ends and cannot await
   * anything. Batches in flight come first, then queued ones in their order, each as large as a flush may be. Taken
   * items count as spilled and are not sent from here again. Items that were in flight may have arrived nevertheless.
   * @param take reads the batch before it returns, because its memory is used again, and returns whether it has it. A
   *   batch that it does not take, or for which it throws, is given up (counted as `drain_timeout`)
   * @returns items taken
   */
  handOver(take: TakeBatch<Batch>): number {
    return this.#life.handOver(take);
  }

  /**
   * One step of {@link handOver}, for a caller that empties several controllers in turn. The first step ends the
   * controller. Call it without a pause until it returns false, or end with {@link giveUp}.
   * @returns false if nothing was held any more
   */
  handOverNext(take: TakeBatch<Batch>): boolean {
    return this.#life.handOverNext(take);
  }

  /**
   * Ends immediately and gives up everything that is held (counted as `drain_timeout`).
   * @returns items given up
   */
  giveUp(): number {
    return this.#life.giveUp();
  }

  /** {@link close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  getMetrics(): BackpressureMetrics {
    const { states, buffer, accounting, occupancy, loop } = this.#parts;
    return metricsOf(states.state, buffer.size, accounting, occupancy, loop);
  }

  /** Why the state is what it is, and what the controller waits for. Costs more than {@link getMetrics}. */
  inspect(): ControllerInspection {
    const { states, config, occupancy, loop } = this.#parts;
    return inspectionOf(states, config, occupancy, loop);
  }

  /**
   * Adds an observer, after those of the config.
   * @returns a function that removes it
   * @throws TypeError if it is not an object
   */
  observe(observer: PipelineObserver): () => void {
    if (typeof observer !== 'object' || observer === null)
      throw new TypeError(`observer must be an object, got ${observer === null ? 'null' : typeof observer}`);
    return this.#parts.config.observers.add(observer);
  }

  /** What monitoring asks in addition to {@link getMetrics}. */
  getFlowMetrics(): FlowMetrics {
    const { buffer, accounting, occupancy, loop } = this.#parts;
    return flowMetricsOf(buffer.size, buffer.returnedSize ?? 0, accounting, occupancy, loop);
  }
}
