import { expect } from 'vitest';
import { Service, type ServiceOptions } from '../../faults/service.ts';
import { jumpBy } from './clock-jump.ts';
import { outcomesOf } from './outcomes.ts';
import type { Received } from './received.ts';
import { SteadyLoad } from './steady-load.ts';

/** Two services, one for spans and one for log records. Each makes `perSecond` items a second until `settle`. */
export class LoadedServices {
  readonly all: readonly Service[];
  readonly #perSecond: number;
  #load: SteadyLoad;

  constructor(options: ServiceOptions, perSecond: number) {
    this.all = [new Service('traces', options), new Service('logs', options)];
    this.#perSecond = perSecond;
    this.#load = new SteadyLoad(this.all, perSecond);
  }

  /** Resolves after that many milliseconds of the load. */
  lasts(millis: number): Promise<void> {
    return this.#load.lasts(millis);
  }

  /** Resolves once that counter of each service has grown by that many. */
  async untilMore(key: 'eventsFlushed' | 'eventsRetried' | 'eventsFailed', count: number): Promise<void> {
    const goals = this.all.map(({ processor }) => processor.getMetrics()[key] + count);
    await this.#load.until(() =>
      this.all.every(({ processor }, index) => processor.getMetrics()[key] >= (goals[index] ?? 0)),
    );
  }

  /** Resolves when the condition holds. Only the test's own time-out limits the wait. */
  until(holds: () => boolean): Promise<void> {
    return this.#load.until(holds);
  }

  /** Moves the clock forward, without load meanwhile. */
  jumpBy(millis: number): void {
    this.#load.end();
    jumpBy(millis);
    this.#load = new SteadyLoad(this.all, this.#perSecond);
  }

  /** Ends the load, and waits until all held items are delivered. */
  async settle(): Promise<void> {
    this.#load.end();
    await Promise.all(this.all.map((service) => service.forceFlush()));
    for (const service of this.all) {
      service.expectLaw();
      expect(service.processor.getMetrics()).toMatchObject({ bufferSize: 0, inFlight: 0 });
    }
  }

  /** Checks that every item has arrived once, and that the counters agree. */
  expectAllOnce(received: Received): void {
    const outcomes = outcomesOf(this.all, received);
    for (const { signal, made, processor } of this.all) {
      expect(outcomes[signal], signal).toEqual({ made: made.length, missing: 0, duplicates: 0 });
      expect(made.length, signal).toBeGreaterThan(this.#perSecond / 2);
      expect(processor.getMetrics(), signal).toMatchObject({
        eventsFlushed: made.length,
        eventsDropped: 0,
        eventsFailed: 0,
      });
    }
  }

  async shutdown(): Promise<void> {
    this.#load.end();
    await Promise.all(this.all.map((service) => service.shutdown()));
  }
}
