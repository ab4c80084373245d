import { type Lane, LANE_NAMES, type Received } from './lane.ts';
import type { Phase } from './phases.ts';
import type { ServiceSample } from './service/service-protocol.ts';
import { type PerSignal, perSignal } from './signal.ts';
import { type SignalFigures, SignalGauge } from './signal-figures.ts';

/** Everything that is shown at one moment. */
export interface Frame {
  readonly phases: readonly Phase[];
  readonly phase: Phase;
  readonly elapsedMillis: number;
  readonly lanes: readonly LaneFigures[];
}

export interface LaneFigures {
  readonly name: string;
  readonly signals: PerSignal<SignalFigures>;
  /** Requests of all signals that the embedded collector has open. */
  readonly requestsOpen: number | undefined;
  readonly loopDelayP99Millis: number;
}

/** Turns the reports of a lane into figures. */
export class LaneGauge {
  readonly #lane: Lane;
  readonly #signals = perSignal(() => new SignalGauge());

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  /** @param at milliseconds */
  async read(at: number): Promise<LaneFigures | undefined> {
    const received = await this.#lane.received();
    const { sample } = this.#lane;
    return sample === undefined ? undefined : this.#figures(at, sample, received);
  }

  #figures(at: number, sample: ServiceSample, received: Received | undefined): LaneFigures {
    return {
      name: LANE_NAMES[this.#lane.kind],
      signals: perSignal((signal) => this.#signals[signal].read(at, sample.signals[signal], received?.signals[signal])),
      requestsOpen: received?.requestsOpen,
      loopDelayP99Millis: sample.recentLoopDelayP99Millis,
    };
  }
}
