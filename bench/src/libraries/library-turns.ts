import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Consumer, HandOver, Item } from './hand-overs.ts';
import type { LibraryTurn } from './protocol.ts';

const ITEMS_PER_TURN = 1_024;

/** One item, handed over again and again, so that only the libraries are measured and not the making of items. */
const ITEM: Item = { serial: 1 };

/** A library whose consumer counts, and answers in the next turn of the event loop, as if it had sent the batch. */
export class LibraryTurns {
  /** The largest batch that the consumer got. */
  largestBatch = 0;
  private readonly handOver: HandOver;
  private awaited = 0;
  private onLast: (() => void) | undefined;

  constructor(make: (consume: Consumer) => HandOver) {
    this.handOver = make(async (batch) => {
      this.largestBatch = Math.max(this.largestBatch, batch.length);
      await nextTurn();
      this.awaited -= batch.length;
      if (this.awaited <= 0) this.onLast?.();
    });
  }

  /**
   * Hands over that many items, 1 024 to a turn of the event loop, and ends when the consumer has had as many.
   * A library that loses an item never ends its turn.
   */
  async turn(items: number): Promise<LibraryTurn> {
    this.awaited += items;
    const last = new Promise<void>((resolve) => {
      this.onLast = resolve;
    });
    globalThis.gc?.();
    const start = performance.now();
    const cpuBefore = process.cpuUsage();
    for (let done = 0; done < items; done += 1) {
      if (done > 0 && done % ITEMS_PER_TURN === 0) await nextTurn();
      this.handOver.push(ITEM);
    }
    await last;
    const { user, system } = process.cpuUsage(cpuBefore);
    const seconds = (performance.now() - start) / 1_000;
    return { itemsPerSecond: items / seconds, cpuMicrosPerItem: (user + system) / items };
  }

  /** @returns what does not add up after the last turn */
  end(): readonly string[] {
    this.handOver.end();
    return this.awaited === 0 ? [] : [`${-this.awaited} items more than were handed over`];
  }
}
