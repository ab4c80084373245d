import type { CollectorCounts } from '@spillway/test/collector';
import { type Lane, LANE_NAMES } from './lane.ts';
import type { Phase } from './phases.ts';
import { RateMeter } from './rate-meter.ts';
import type { ServiceSample } from './service/service-protocol.ts';

/** What there is to see at one moment. */
export interface Frame {
  readonly phases: readonly Phase[];
  readonly phase: Phase;
  readonly elapsedMillis: number;
  readonly lanes: readonly LaneFigures[];
}

export interface LaneFigures {
  readonly name: string;
  readonly made: number;
  readonly madePerSecond: number;
  /** Different spans that the collector has; what the pipeline says, where the collector is a real one. */
  readonly delivered: number;
  readonly deliveredPerSecond: number;
  /** Neither delivered nor lost. */
  readonly held: number;
  readonly lost: number;
  readonly lostByReason: Readonly<Record<string, number>>;
  readonly state: string | undefined;
  readonly utilization: number;
  /** Requests that the embedded collector has open. */
  readonly requestsOpen: number | undefined;
  readonly loopDelayP99Millis: number;
}

/** Turns what a lane says into figures. */
export class LaneGauge {
  readonly #lane: Lane;
  readonly #made = new RateMeter();
  readonly #delivered = new RateMeter();

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  /** @param at milliseconds */
  async read(at: number): Promise<LaneFigures | undefined> {
    const counts = await this.#lane.received();
    const { sample } = this.#lane;
    return sample === undefined ? undefined : this.#figures(at, sample, counts);
  }

  #figures(at: number, sample: ServiceSample, counts: CollectorCounts | undefined): LaneFigures {
    const { made, pipeline } = sample;
    const lost = sumOf(pipeline.lostByReason);
    const delivered = counts?.unique ?? pipeline.delivered;
    return {
      name: LANE_NAMES[this.#lane.kind],
      made,
      madePerSecond: this.#made.perSecond(at, made),
      delivered,
      deliveredPerSecond: this.#delivered.perSecond(at, delivered),
      held: made - pipeline.delivered - lost,
      lost,
      lostByReason: pipeline.lostByReason,
      state: pipeline.state,
      utilization: pipeline.utilization,
      requestsOpen: counts?.inFlight,
      loopDelayP99Millis: sample.recentLoopDelayP99Millis,
    };
  }
}

export function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
