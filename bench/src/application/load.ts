import { setTimeout as sleep } from 'node:timers/promises';
import type { Load } from './protocol.ts';
import type { ItemSource } from './signals/signal-under-load.ts';

/** How long the application waits for room in a queue. A timer of Node has no shorter time. */
const FULL_QUEUE_MILLIS = 1;

/** Makes the items of a load. */
export class LoadGenerator {
  /** Items made so far. */
  made = 0;
  private readonly source: ItemSource;
  private readonly queued: () => number;

  /** @param queued the number of items in the pipeline's queue */
  constructor(source: ItemSource, queued: () => number = () => 0) {
    this.source = source;
    this.queued = queued;
  }

  /**
   * Makes `itemsPerSecond` for `seconds`, evenly in ticks. A late tick makes all overdue items in one go, just as
   * requests that waited for a blocked event loop are served.
   */
  async pace(itemsPerSecond: number, seconds: number, tickMillis: number): Promise<void> {
    const total = Math.round(itemsPerSecond * seconds);
    const start = performance.now();
    let done = 0;
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        const due = Math.min(total, Math.floor(((performance.now() - start) * itemsPerSecond) / 1000));
        for (; done < due; done++) this.makeOne();
        if (done < total) return;
        clearInterval(timer);
        resolve();
      }, tickMillis);
    });
  }

  /** Makes `items` with one turn of the event loop after each `itemsPerTurn`. */
  async burst(items: number, itemsPerTurn: number): Promise<void> {
    for (let done = 0; done < items;) {
      const until = Math.min(items, done + itemsPerTurn);
      for (; done < until; done++) this.makeOne();
      await nextTurn();
    }
  }

  /** Makes items for `seconds`, as many as there is time for, and waits while more than `maxQueued` are queued. */
  async saturate(seconds: number, itemsPerTurn: number, maxQueued: number): Promise<void> {
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
      if (this.queued() > maxQueued) {
        await sleep(FULL_QUEUE_MILLIS);
        continue;
      }
      for (let done = 0; done < itemsPerTurn; done++) this.makeOne();
      await nextTurn();
    }
  }

  /** Makes the part of the load that comes before the measurement. */
  async warmUp(load: Load): Promise<void> {
    if (load.kind === 'burst' || load.warmupSeconds === 0) return;
    await this.run({ ...load, seconds: load.warmupSeconds });
  }

  /** Makes the part of the load that is measured. */
  async run(load: Load): Promise<void> {
    if (load.kind === 'paced') await this.pace(load.itemsPerSecond, load.seconds, load.tickMillis);
    else if (load.kind === 'saturating') await this.saturate(load.seconds, load.itemsPerTurn, load.maxQueued);
    else await this.burst(load.items, load.itemsPerTurn);
  }

  private makeOne(): void {
    this.source.make(this.made++);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
