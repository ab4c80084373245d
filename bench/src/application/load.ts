import type { Tracer } from '@opentelemetry/api';
import { makeHttpServerSpan } from './http-server-span.ts';
import type { Load } from './protocol.ts';

/** Makes the spans of a load. */
export class LoadGenerator {
  /** Spans made so far. */
  made = 0;
  private readonly tracer: Tracer;

  constructor(tracer: Tracer) {
    this.tracer = tracer;
  }

  /**
   * Makes `spansPerSecond` for `seconds`, evenly in ticks. What a late tick owes it makes at once, as requests that
   * waited for a blocked event loop would be served.
   */
  async pace(spansPerSecond: number, seconds: number, tickMillis: number): Promise<void> {
    const total = Math.round(spansPerSecond * seconds);
    const start = performance.now();
    let done = 0;
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        const due = Math.min(total, Math.floor(((performance.now() - start) * spansPerSecond) / 1000));
        for (; done < due; done++) this.makeOne();
        if (done < total) return;
        clearInterval(timer);
        resolve();
      }, tickMillis);
    });
  }

  /** Makes `spans` with one turn of the event loop after each `spansPerTurn`. */
  async burst(spans: number, spansPerTurn: number): Promise<void> {
    for (let done = 0; done < spans; ) {
      const until = Math.min(spans, done + spansPerTurn);
      for (; done < until; done++) this.makeOne();
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    }
  }

  /** Makes the part of the load that comes before the measurement. */
  async warmUp(load: Load): Promise<void> {
    if (load.kind === 'paced' && load.warmupSeconds > 0) {
      await this.pace(load.spansPerSecond, load.warmupSeconds, load.tickMillis);
    }
  }

  /** Makes the part of the load that is measured. */
  async run(load: Load): Promise<void> {
    if (load.kind === 'paced') await this.pace(load.spansPerSecond, load.seconds, load.tickMillis);
    else await this.burst(load.spans, load.spansPerTurn);
  }

  private makeOne(): void {
    makeHttpServerSpan(this.tracer, this.made++);
  }
}
