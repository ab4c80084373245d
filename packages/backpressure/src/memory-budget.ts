import { BudgetShare, type Pool } from './budget-share.ts';
import { weakReference } from './weak-reference.ts';

/** This share of a budget is divided equally among its members. The rest goes to the members that need it first. */
const GUARANTEED_PART = 1 / 2;

/**
 * One limit in bytes for several controllers, so that a process needs one figure for all its signals. Held bytes count
 * against this limit and against the controller's own bound. A controller is full when either is reached.
 *
 * Half of the budget is divided equally: each controller may always hold its part, whatever the others do. The other
 * half goes to the controllers that need it first. So a controller whose consumer is down cannot take all the room from
 * one whose consumer is well. A controller joins when it is created, and leaves when it is closed. When another one
 * joins, controllers that now exceed their limit give items up (`evicted`), unless their strategy is `block`.
 */
export class MemoryBudget {
  /** Bytes that all controllers together may hold. */
  readonly maxBytes: number;
  readonly #members = new Map<BudgetShare, () => (() => void) | undefined>();
  readonly #pool: Pool;
  readonly #listeners = new Set<() => void>();
  #isAnnounced = false;
  #dropped: FinalizationRegistry<BudgetShare> | undefined;

  /** @throws RangeError when `maxBytes` is not a number above 0 */
  constructor(maxBytes: number) {
    if (!(maxBytes > 0)) throw new RangeError(`MemoryBudget: maxBytes must be above 0, got ${String(maxBytes)}`);
    this.maxBytes = maxBytes;
    this.#pool = {
      usedBytes: 0,
      guaranteedBytes: 0,
      commonBytes: maxBytes,
      commonUsedBytes: 0,
      onGivenBack: () => this.#announce(),
    };
  }

  /** Bytes that all members hold. */
  get usedBytes(): number {
    return this.#pool.usedBytes;
  }

  /** Share of the budget in use, 0 to 1. It is above 1 only between an item's arrival and the decision about it. */
  get utilization(): number {
    return this.usedBytes / this.maxBytes;
  }

  /**
   * Bytes that each member may hold, whatever the others do. Without members, the bytes that the first one would get.
   */
  get guaranteedBytes(): number {
    return guaranteed(this.maxBytes, Math.max(this.#members.size, 1));
  }

  /**
   * Adds a member. It leaves by `share.leave()`, or when its owner has been garbage collected.
   * @param owner the budget does not keep it alive
   * @param onShrunk called when another member has joined and this one now holds more than it may. The owner must keep
   *   this function, because the budget has only a weak reference to it
   */
  join(owner: object, onShrunk: () => void): BudgetShare {
    const share = new BudgetShare(this.#pool, () => this.#leave(share));
    if (typeof FinalizationRegistry === 'function') {
      this.#dropped ??= new FinalizationRegistry((dropped) => dropped.leave());
      this.#dropped.register(owner, share);
    }
    this.#members.set(share, weakReference(onShrunk));
    this.#divide();
    if (this.#pool.commonUsedBytes > this.#pool.commonBytes) this.#shrink();
    return share;
  }

  /** Calls the listener soon after shared room was given back. @returns a function that removes the listener */
  onGivenBack(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #leave(share: BudgetShare): void {
    if (!this.#members.delete(share)) return;
    this.#pool.usedBytes -= share.usedBytes;
    this.#divide();
    this.#announce();
  }

  #divide(): void {
    const { size } = this.#members;
    this.#pool.guaranteedBytes = guaranteed(this.maxBytes, Math.max(size, 1));
    this.#pool.commonBytes = this.maxBytes - size * this.#pool.guaranteedBytes;
    this.#pool.commonUsedBytes = 0;
    for (const member of this.#members.keys()) this.#pool.commonUsedBytes += member.commonUsedBytes;
  }

  /** Makes members that hold too much give up the excess, the largest one first. */
  #shrink(): void {
    const largestFirst = [...this.#members].toSorted(([one], [other]) => other.usedBytes - one.usedBytes);
    for (const [member, onShrunk] of largestFirst) if (member.isOver) onShrunk()?.();
  }

  /** Calls the listeners in a microtask, because room is also given back inside hooks, and listeners store items. */
  #announce(): void {
    if (this.#listeners.size === 0 || this.#isAnnounced) return;
    this.#isAnnounced = true;
    void this.#callListeners();
  }

  async #callListeners(): Promise<void> {
    await Promise.resolve();
    this.#isAnnounced = false;
    for (const listener of this.#listeners) listener();
  }
}

function guaranteed(maxBytes: number, members: number): number {
  return Math.floor((maxBytes * GUARANTEED_PART) / members);
}
