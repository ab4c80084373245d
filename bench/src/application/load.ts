import type { Load } from './protocol.ts';
import type { ItemSource } from './signals/signal-under-load.ts';

/** Makes the items of a load. */
export class LoadGenerator {
  /** Items made so far. */
  made = 0;
  private readonly source: ItemSource;

  constructor(source: ItemSource) {
    this.source = source;
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
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    }
  }

  /** Makes the part of the load that comes before the measurement. */
  async warmUp(load: Load): Promise<void> {
    if (load.kind === 'paced' && load.warmupSeconds > 0) {
      await this.pace(load.itemsPerSecond, load.warmupSeconds, load.tickMillis);
    }
  }

  /** Makes the part of the load that is measured. */
  async run(load: Load): Promise<void> {
    if (load.kind === 'paced') await this.pace(load.itemsPerSecond, load.seconds, load.tickMillis);
    else await this.burst(load.items, load.itemsPerTurn);
  }

  private makeOne(): void {
    this.source.make(this.made++);
  }
}
