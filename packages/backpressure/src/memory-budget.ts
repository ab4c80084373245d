import { BudgetShare, type Pool } from './budget-share.ts';
import { weakReference } from './weak-reference.ts';

/** This part of a budget is divided equally among its members; the rest is for whoever comes first. */
const GUARANTEED_PART = 1 / 2;

/**
 * One limit in bytes for several controllers, so that a process has one figure for all its signals. A controller counts
 * what it holds here as well as against its own bound, and is full when either is.
 *
 * Half of the budget is divided equally: this much each controller may hold, whatever the others do. The other half
 * belongs to whoever needs it first. So a controller whose consumer is down cannot take all room from one whose consumer
 * is well. A controller joins when it is made, and leaves when it is closed. When another one joins, those that hold more
 * than is left for them give items up (`evicted`), unless their strategy is `block`.
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
    this.#pool = { usedBytes: 0, guaranteedBytes: 0, commonBytes: maxBytes, commonUsedBytes: 0, onGivenBack: () => this.#announce() };
  }

  /** Bytes that all members hold. */
  get usedBytes(): number {
    return this.#pool.usedBytes;
  }

  /** Share of the budget in use, 0 to 1; above 1 for the moment between an item's arrival and the decision about it. */
  get utilization(): number {
    return this.usedBytes / this.maxBytes;
  }

  /** Bytes that each member may hold whatever the others do; with no member, what one would get. */
  get guaranteedBytes(): number {
    return guaranteed(this.maxBytes, Math.max(this.#members.size, 1));
  }

  /**
   * Makes a new member. It leaves by `share.leave()`, or when its owner has been garbage collected.
   * @param owner the budget does not keep it alive
   * @param onShrunk called when the member holds more than is left for it because another one has joined. The owner must
   *   keep this function, because the budget does not
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

  /** Calls back soon after room was given back that any member may use, until the returned function is called. */
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

  /** Has those that hold the most give up what is too much. */
  #shrink(): void {
    const largestFirst = [...this.#members].toSorted(([one], [other]) => other.usedBytes - one.usedBytes);
    for (const [member, onShrunk] of largestFirst) if (member.isOver) onShrunk()?.();
  }

  /** In a microtask, because room is given back in hooks too, and those who wait for it store items when they hear of it. */
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
