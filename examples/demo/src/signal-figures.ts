import type { SignalCounts } from '@spillway/test/collector';
import { RateMeter } from './rate-meter.ts';
import type { SignalSample } from './service/service-protocol.ts';

/** One signal of a lane at one moment. */
export interface SignalFigures {
  readonly made: number;
  readonly madePerSecond: number;
  /** Different items that the collector has; the pipeline's own count if the collector is a real one. */
  readonly delivered: number;
  readonly deliveredPerSecond: number;
  /** Items that are neither delivered nor lost. */
  readonly held: number;
  readonly lost: number;
  readonly lostByReason: Readonly<Record<string, number>>;
  readonly state: string | undefined;
  readonly utilization: number;
}

/** Turns the reports about one signal into figures. */
export class SignalGauge {
  readonly #made = new RateMeter();
  readonly #delivered = new RateMeter();

  /** @param at milliseconds */
  read(at: number, { made, pipeline }: SignalSample, received: SignalCounts | undefined): SignalFigures {
    const lost = sumOf(pipeline.lostByReason);
    const delivered = received?.unique ?? pipeline.delivered;
    return {
      made,
      madePerSecond: this.#made.perSecond(at, made),
      delivered,
      deliveredPerSecond: this.#delivered.perSecond(at, delivered),
      held: made - pipeline.delivered - lost,
      lost,
      lostByReason: pipeline.lostByReason,
      state: pipeline.state,
      utilization: pipeline.utilization,
    };
  }
}

export function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
