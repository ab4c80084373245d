import type { Accounting } from './accounting.ts';
import { type Admission, admissionOf } from './admission.ts';
import type { ResolvedConfig } from './resolved-config.ts';
import type { BatchBuffer } from './batch-buffer.ts';
import type { DropReason } from './drop-reason.ts';
import type { Occupancy } from './occupancy.ts';
import type { RoomMaker } from './room-maker.ts';
import type { Spilling } from './spilling.ts';
import type { StateMachine } from './backpressure-state-machine.ts';

/** Is told of every queued item. */
interface PushListener {
  onPush(lane: number): void;
}

/** What the entrance needs from the overflow. */
type RoomBySpilling = Pick<Spilling<never, never>, 'canSpill' | 'hasEnded' | 'makeRoom' | 'onStored' | 'tell'>;

/** Lets an item into the buffer and counts it, or refuses it. */
export class Entrance<Item> {
  readonly #priorityOf: ((item: Item) => number) | undefined;
  readonly #maxItemBytes: number;
  readonly #buffer: BatchBuffer<Item, unknown>;
  readonly #occupancy: Occupancy;
  readonly #accounting: Accounting;
  readonly #roomMaker: RoomMaker;
  readonly #spilling: RoomBySpilling | undefined;
  readonly #states: StateMachine;
  readonly #listener: PushListener;

  constructor(
    config: Pick<ResolvedConfig<Item, never>, 'priorityOf' | 'maxItemBytes' | 'maxBatchBytes'>,
    buffer: BatchBuffer<Item, unknown>,
    occupancy: Occupancy,
    accounting: Accounting,
    roomMaker: RoomMaker,
    spilling: RoomBySpilling | undefined,
    states: StateMachine,
    listener: PushListener,
  ) {
    this.#priorityOf = config.priorityOf;
    this.#maxItemBytes = Math.min(config.maxItemBytes, config.maxBatchBytes);
    this.#buffer = buffer;
    this.#occupancy = occupancy;
    this.#accounting = accounting;
    this.#roomMaker = roomMaker;
    this.#spilling = spilling;
    this.#states = states;
    this.#listener = listener;
  }

  /** Lets an item in if there is room without giving anything up. @returns `undefined` if there is none */
  admitIfRoom(item: Item, given: Admission | undefined): boolean | undefined {
    this.#spillUnlessRoom();
    if (this.#occupancy.hasRoom) return this.admit(item, given);
    this.#spilling?.tell();
    return undefined;
  }

  /**
   * Lets an item in, or refuses one that cannot be held at all.
   *
   * It stores the item first and makes room afterwards, because an item's size is known only once it is encoded. So
   * nothing is given up for an item that cannot be stored.
   * @param given the admission that came with the item. Without one the item goes to the lane of `priorityOf`
   * @returns `undefined` if there is no room and none can be made
   */
  admit(item: Item, given: Admission | undefined): boolean | undefined {
    // A callback about an eviction pushes this item, while room is still being made for another one.
    if (this.#roomMaker.isActive) return undefined;
    const admission = admissionOf(item, given, this.#priorityOf);
    if (this.#spilling === undefined) return this.#store(item, admission, true);
    this.#spillUnlessRoom();
    const isAccepted = this.#storeUnlessEnded(item, admission, true);
    this.#spilling.onStored();
    this.#spilling.tell();
    return isAccepted;
  }

  /** Counts an item that is not let in. */
  refuse(reason: DropReason): false {
    this.#accounting.refuse(reason);
    return false;
  }

  /** This is the hot path. Rare cases have methods of their own, so that this one is small enough to be inlined. */
  #store(item: Item, admission: Admission, maySpill: boolean): boolean | undefined {
    let bytes: number;
    try {
      bytes = this.#buffer.push(item, admission);
    } catch (thrown) {
      return this.refuse(isTooLarge(thrown) ? 'too_large' : 'unencodable');
    }
    if (bytes > this.#maxItemBytes || this.#occupancy.exceedsBounds(bytes)) return this.#refuseStored();
    const broughtBytes = this.#occupancy.add(bytes);
    // Before anything is given up for it, so that the law also holds in the callbacks about that.
    this.#accounting.accept();
    if (this.#occupancy.isOver) return this.#makeRoom(item, admission, bytes, broughtBytes, maySpill);
    if (this.#occupancy.mayHaveRisen) this.#states.update();
    this.#listener.onPush(admission.lane);
    return true;
  }

  #refuseStored(): false {
    this.#buffer.undoPush();
    return this.refuse('too_large');
  }

  #makeRoom(
    item: Item,
    admission: Admission,
    bytes: number,
    broughtBytes: number,
    maySpill: boolean,
  ): boolean | undefined {
    if (maySpill && this.#spilling?.canSpill === true) return this.#storeAfterSpilling(item, admission, bytes);
    if (!this.#roomMaker.makeRoom(admission.lane, bytes, broughtBytes)) {
      this.#undo(bytes);
      return undefined;
    }
    // The state may have fallen: one of the items that were given up may have been larger than the new one.
    this.#states.update();
    this.#listener.onPush(admission.lane);
    return true;
  }

  #spillUnlessRoom(): void {
    if (this.#spilling !== undefined && !this.#occupancy.hasRoom) this.#spilling.makeRoom(0);
  }

  /** The item leaves the buffer first, because its push cannot be undone once a batch has been taken. */
  #storeAfterSpilling(item: Item, admission: Admission, bytes: number): boolean | undefined {
    this.#undo(bytes);
    this.#spilling?.makeRoom(bytes);
    return this.#storeUnlessEnded(item, admission, false);
  }

  /** The overflow may have ended the controller while it took a batch. */
  #storeUnlessEnded(item: Item, admission: Admission, maySpill: boolean): boolean | undefined {
    return this.#spilling?.hasEnded === true ? this.refuse('already_shutdown') : this.#store(item, admission, maySpill);
  }

  #undo(bytes: number): void {
    this.#buffer.undoPush();
    this.#accounting.undoAccept();
    this.#occupancy.undoAdd(bytes);
    this.#states.update();
  }
}

/** Checks the name, because the error may come from another copy of a package. */
function isTooLarge(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'name' in thrown && thrown.name === 'ItemTooLargeError';
}
