import type { Accounting } from './accounting.ts';
import type { Admission } from './admission.ts';
import { BackpressureStrategy } from './backpressure-strategy.ts';
import type { StateMachine } from './backpressure-state-machine.ts';
import type { BatchBuffer } from './batch-buffer.ts';
import type { DropReason } from './drop-reason.ts';
import { Entrance } from './entrance.ts';
import type { FlushLoop } from './flush-loop.ts';
import type { Occupancy } from './occupancy.ts';
import type { ResolvedConfig } from './resolved-config.ts';
import { RoomMaker } from './room-maker.ts';
import { RoomWaiters } from './room-waiters.ts';
import { SampleRule } from './sample-rule.ts';

/**
 * What becomes of an offered item, by the strategy: it is let in, perhaps in place of others, it is refused, or its
 * producer waits for room.
 */
export class Intake<Item, Batch> {
  readonly #config: ResolvedConfig<Item, Batch>;
  readonly #occupancy: Occupancy;
  readonly #states: StateMachine;
  readonly #loop: FlushLoop<Item, Batch>;
  readonly #roomMaker: RoomMaker;
  readonly #entrance: Entrance<Item>;
  readonly #sampleRule: SampleRule<Item>;
  readonly #roomWaiters: RoomWaiters<Item>;

  constructor(
    config: ResolvedConfig<Item, Batch>,
    buffer: BatchBuffer<Item, Batch>,
    occupancy: Occupancy,
    accounting: Accounting,
    states: StateMachine,
    loop: FlushLoop<Item, Batch>,
  ) {
    this.#config = config;
    this.#occupancy = occupancy;
    this.#states = states;
    this.#loop = loop;
    this.#roomMaker = new RoomMaker(config.strategy, buffer, occupancy, accounting, loop);
    this.#entrance = new Entrance(
      config,
      buffer,
      occupancy,
      accounting,
      this.#roomMaker,
      config.overflow && loop.spilling,
      states,
      loop,
    );
    this.#sampleRule = new SampleRule(config.sampleRate, config.isSampled);
    this.#roomWaiters = new RoomWaiters(
      (reason) => this.#onWaitedInVain(reason),
      () => this.onRoom(),
      (listener) => this.#listenForRoom(listener),
    );
  }

  /** Offers an item. With strategy `block`, its producer waits for room. */
  push(item: Item, admission: Admission | undefined): Promise<boolean> {
    if (this.#config.strategy !== BackpressureStrategy.BLOCK) return Promise.resolve(this.tryPush(item, admission));
    return this.#letInWithin(this.#config.maxBlockTimeMs, item, admission);
  }

  /** Offers an item whose producer waits for room as long as it takes, whatever the strategy. */
  pushWhenRoom(item: Item, admission: Admission | undefined): Promise<boolean> {
    return this.#letInWithin(Infinity, item, admission);
  }

  /** Offers an item without waiting. @returns whether it was let in */
  tryPush(item: Item, admission: Admission | undefined): boolean {
    const { strategy } = this.#config;
    if (strategy === BackpressureStrategy.BLOCK)
      return this.#admitUnlessOthersWait(item, admission) ?? this.#entrance.refuse('queue_full');
    if (strategy === BackpressureStrategy.SAMPLE && this.#mustSample && !this.#sampleRule.keeps(item))
      return this.#entrance.refuse('sampled_out');
    return this.#entrance.admit(item, admission) ?? this.#entrance.refuse('queue_full');
  }

  /** Whether an item of that lane, however small, might be let in now. */
  mayAccept(lane: number): boolean {
    return this.#occupancy.hasRoom || this.#roomMaker.canMakeRoom(lane) || this.#loop.spilling.canSpill;
  }

  /** Counts an item that is not let in. */
  refuse(reason: DropReason): false {
    return this.#entrance.refuse(reason);
  }

  /** Resolves when there is room for an item, or at the end. */
  ready(): Promise<void> {
    return this.#occupancy.hasRoom ? Promise.resolve() : this.#roomWaiters.ready();
  }

  /** Items have left for good. Waiting producers are served before observers learn of a new state. */
  onRoom(): void {
    // Room is also made for the very producer that is being served.
    if (this.#roomWaiters.isServing) return;
    this.#roomWaiters.serveProducers((item, admission) => this.#entrance.admitIfRoom(item, admission));
    this.#states.update();
    this.#roomWaiters.onServed(this.#occupancy.hasRoom);
  }

  /** Gives items up until no more is held than the bounds allow, which have become narrower. */
  giveUpExcess(): void {
    this.#loop.spilling.makeRoom(0);
    this.#roomMaker.giveUpExcess();
    this.#loop.onItemsLeft();
  }

  /** Refuses the items of all waiting producers. */
  refuseProducers(): void {
    this.#roomWaiters.refuseProducers();
  }

  /** Nobody waits for room any more. */
  end(): void {
    this.#roomWaiters.end();
  }

  /** Items that an overflow takes need no sampling. */
  get #mustSample(): boolean {
    return !this.#states.isNormal && !this.#loop.spilling.takes;
  }

  #letInWithin(maxWaitMs: number, item: Item, admission: Admission | undefined): Promise<boolean> {
    const accepted = this.#admitUnlessOthersWait(item, admission);
    return accepted === undefined ? this.#roomWaiters.letIn(item, admission, maxWaitMs) : Promise.resolve(accepted);
  }

  /** Waiting producers come first. @returns `undefined` if there is no room */
  #admitUnlessOthersWait(item: Item, admission: Admission | undefined): boolean | undefined {
    return this.#roomWaiters.hasProducers ? undefined : this.#entrance.admitIfRoom(item, admission);
  }

  /** A producer has waited in vain. Room that was too small for its item may be enough for the next one. */
  #onWaitedInVain(reason: DropReason): void {
    this.#entrance.refuse(reason);
    this.onRoom();
  }

  /** Room also comes from elsewhere: from the other members of the budget, and from an overflow that was full. */
  #listenForRoom(listener: () => void): () => void {
    const stopListening = [
      this.#loop.spilling.listenForReady(listener),
      this.#config.memoryBudget?.onGivenBack(listener),
    ];
    return () => stopListening.forEach((stop) => stop?.());
  }
}
