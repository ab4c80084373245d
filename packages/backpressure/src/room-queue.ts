import type { Admission } from './admission.ts';
import type { DropReason } from './drop-reason.ts';
import { BoundedBuffer } from './bounded-buffer.ts';
import { startDeadline, type Timer } from './clock.ts';

interface Waiting<Item> {
  readonly item: Item;
  readonly admission: Admission | undefined;
  settle: ((accepted: boolean) => void) | undefined;
  timer: Timer | undefined;
}

/**
 * Producers that wait for room, served in order of arrival. Released room goes to them before any new item is let in,
 * so a waiting producer cannot lose a race for it.
 */
export class RoomQueue<Item> {
  readonly #waiting = new BoundedBuffer<Waiting<Item>>(Infinity);
  readonly #onGivenUp: (reason: DropReason) => void;
  /** Producers that still wait. The ring may also contain some that gave up, until `serve` reaches them. */
  #count = 0;
  /** Whether `serve` is running. */
  isServing = false;
  /** The producer that is being offered room right now. */
  #served: Waiting<Item> | undefined;

  constructor(onGivenUp: (reason: DropReason) => void) {
    this.#onGivenUp = onGivenUp;
  }

  get size(): number {
    return this.#count;
  }

  /** Resolves with true once `serve` has let the item in, with false if it was refused or the time is over. */
  wait(item: Item, admission: Admission | undefined, maxWaitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const entry: Waiting<Item> = { item, admission, settle: resolve, timer: undefined };
      this.#waiting.push(entry);
      this.#count += 1;
      // The timer holds the process, because the caller awaits the outcome. Ending here would lose an item without
      // counting it.
      entry.timer = startDeadline(() => this.#giveUp(entry, 'block_timeout'), maxWaitMs, true);
    });
  }

  /**
   * Offers room to the first producer in line, again and again.
   * @param admit lets an item in (true) or refuses it (false); undefined if there is no room for it yet
   */
  serve(admit: (item: Item, admission: Admission | undefined) => boolean | undefined): void {
    this.isServing = true;
    try {
      this.#serve(admit);
    } finally {
      this.isServing = false;
    }
  }

  #serve(admit: (item: Item, admission: Admission | undefined) => boolean | undefined): void {
    for (let entry = this.#waiting.peek(); entry !== undefined; entry = this.#waiting.peek()) {
      if (entry.settle === undefined) {
        this.#waiting.shift();
        continue;
      }
      this.#served = entry;
      const accepted = admit(entry.item, entry.admission);
      this.#served = undefined;
      const isClosed = this.#waiting.peek() !== entry;
      if (accepted === undefined) return isClosed ? this.#giveUp(entry, 'already_shutdown') : undefined;
      this.#settle(entry, accepted);
      if (!isClosed) this.#waiting.shift();
    }
  }

  /**
   * Refuses the items of all waiting producers, except one that is being offered room in this very moment: that is
   * refused only if it gets none. Otherwise, a callback that closes the queue meanwhile would have it counted twice.
   */
  close(): void {
    for (const entry of this.#waiting.clear()) if (entry !== this.#served) this.#giveUp(entry, 'already_shutdown');
  }

  #giveUp(entry: Waiting<Item>, reason: DropReason): void {
    if (entry.settle === undefined) return;
    this.#settle(entry, false);
    this.#onGivenUp(reason);
  }

  #settle(entry: Waiting<Item>, accepted: boolean): void {
    entry.timer?.cancel();
    entry.settle?.(accepted);
    entry.settle = undefined;
    this.#count -= 1;
  }
}
