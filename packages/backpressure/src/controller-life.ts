import type { Accounting } from './accounting.ts';
import type { BudgetShare } from './budget-share.ts';
import { type DrainOptions, type DrainResult, resolveDrainOptions } from './drain.ts';
import type { FlushLoop } from './flush-loop.ts';
import type { SettlingScope } from './holdings.ts';
import { type Life, OPEN } from './life.ts';
import type { Occupancy } from './occupancy.ts';
import type { Overflow, TakeBatch } from './overflow.ts';

/** The result of a close that had nothing to wait for. */
const NOTHING_DRAINED: DrainResult = { flushed: 0, failed: 0, remaining: 0 };

/** Is told of changes in a controller's life. */
export interface LifeListener {
  /** The life has changed. */
  onLife(): void;
  /** It has begun to close, and will let nothing in again. */
  onClosing(): void;
  /** Nothing is let in any more: the items of waiting producers must be refused. */
  onRefusing(): void;
  /** Nothing is held any more. */
  onEnd(): void;
}

/** The parts that a life controls. */
interface LifeParts<Item, Batch> {
  readonly loop: FlushLoop<Item, Batch>;
  readonly accounting: Accounting;
  readonly occupancy: Occupancy;
  readonly budgetShare: BudgetShare | undefined;
  readonly overflow: Overflow<Batch> | undefined;
  readonly drainTimeoutMs: number;
  readonly listener: LifeListener;
}

/** Drains, closes and ends a controller. Every change of its life goes through {@link ControllerLife.#enter}. */
export class ControllerLife<Item, Batch> {
  readonly #parts: LifeParts<Item, Batch>;
  #life: Life = OPEN;

  constructor(parts: LifeParts<Item, Batch>) {
    this.#parts = parts;
  }

  get kind(): Life['kind'] {
    return this.#life.kind;
  }

  /** Whether it is closing or closed, and so never opens again. */
  get hasEnded(): boolean {
    return this.#life.kind === 'closing' || this.#life.kind === 'closed';
  }

  /** Resolves once it lets items in, or never will again. */
  async untilDrained(): Promise<void> {
    while (this.#life.kind === 'draining') await this.#life.result;
  }

  /**
   * Whether items are let in: also during a close, if an overflow takes at its end what came too late to be delivered.
   */
  get takesItems(): boolean {
    return this.#life.kind === 'open' || (this.#life.kind === 'closing' && this.#parts.overflow !== undefined);
  }

  async drain(options: DrainOptions): Promise<DrainResult> {
    if (this.#life.kind === 'draining') return this.#life.result;
    const limits = this.limits(options);
    // A drain during or after a close has a deadline of its own, and does not change the controller's life.
    if (this.#life.kind !== 'open') return this.#settle(limits, 'everything');
    const result = this.#drain(limits);
    this.#enter({ kind: 'draining', result });
    return result;
  }

  async close(options: DrainOptions): Promise<DrainResult> {
    if (this.#life.kind === 'closing' || this.#life.kind === 'closed') return this.#life.result;
    const result = this.#close(this.limits(options));
    this.#enter({ kind: 'closing', result });
    return result;
  }

  /** @returns items taken */
  handOver(take: TakeBatch<Batch>): number {
    return this.#handOverAll(take).taken;
  }

  /** @returns false if nothing was held any more */
  handOverNext(take: TakeBatch<Batch>): boolean {
    this.#closeAtOnce();
    if (this.#parts.loop.handOver.next(take)) return true;
    this.#end();
    return false;
  }

  /** @returns items given up */
  giveUp(): number {
    this.#closeAtOnce();
    return this.#end();
  }

  /** @throws RangeError for a time that is not a number from 0 */
  limits(options: DrainOptions): Required<DrainOptions> {
    return resolveDrainOptions(options, this.#parts.drainTimeoutMs);
  }

  async #drain(limits: Required<DrainOptions>): Promise<DrainResult> {
    const result = await this.#settle(limits, 'everything');
    // A close may have begun meanwhile.
    if (this.#life.kind === 'draining') this.#enter(OPEN);
    return result;
  }

  async #close(limits: Required<DrainOptions>): Promise<DrainResult> {
    const { overflow } = this.#parts;
    // A producer that goes on must not keep the close from ending.
    const result = await this.#settle(limits, overflow === undefined ? 'everything' : 'held-so-far');
    if (overflow === undefined || this.#life.kind === 'closed') {
      this.#closeAtOnce();
      this.#end();
      return result;
    }
    return { ...result, remaining: this.#spillRest(overflow) };
  }

  /** @returns items that the overflow did not take */
  #spillRest(overflow: Overflow<Batch>): number {
    const { taken, offered } = this.#handOverAll((...args) => overflow.take(...args));
    return offered - taken;
  }

  /** Counts for itself, because a taker may give up spilled items meanwhile, which changes the counters, too. */
  #handOverAll(take: TakeBatch<Batch>): { readonly taken: number; readonly offered: number } {
    let taken = 0;
    let offered = 0;
    const counted: TakeBatch<Batch> = (batch, items, occasion) => {
      offered += items;
      const isTaken = take(batch, items, occasion);
      if (isTaken) taken += items;
      return isTaken;
    };
    while (this.handOverNext(counted));
    return { taken, offered };
  }

  async #settle(limits: Required<DrainOptions>, scope: SettlingScope): Promise<DrainResult> {
    const { loop, accounting, occupancy } = this.#parts;
    const { flushed, failed } = accounting;
    await loop.settleAll(limits, scope);
    return {
      flushed: accounting.flushed - flushed,
      failed: accounting.failed - failed,
      // Replays in flight are the overflow's.
      remaining: occupancy.items - loop.held.flights.replays.items,
    };
  }

  /** A close that is under way keeps its own result. */
  #closeAtOnce(): void {
    if (this.#life.kind !== 'closed') {
      this.#enter({
        kind: 'closed',
        result: this.#life.kind === 'closing' ? this.#life.result : Promise.resolve(NOTHING_DRAINED),
      });
    }
    this.#parts.loop.replays.end();
  }

  /** @returns items given up */
  #end(): number {
    const { loop, listener, budgetShare } = this.#parts;
    listener.onRefusing();
    const givenUp = loop.end();
    // Last, when no caller waits for a flush any more, because a stopped loop still flushes for callers that wait.
    loop.stop();
    budgetShare?.leave();
    listener.onEnd();
    return givenUp;
  }

  #enter(life: Life): void {
    const hadEnded = this.hasEnded;
    this.#life = life;
    const { listener } = this.#parts;
    listener.onLife();
    if (this.hasEnded && !hadEnded) listener.onClosing();
  }
}
