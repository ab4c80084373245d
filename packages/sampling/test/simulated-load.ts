import { AdaptiveThreshold, probabilityOf, type LoadWindow, type Threshold } from '@spillway/sampling';

/**
 * A model of a queue between arriving items and a consumer, window by window, in numbers of items only. Chance comes
 * from a seed, so a run always gives the same result.
 */
export interface SimulatedLoad {
  readonly windows: number;
  /** Items that arrive in a window, exempt items included. */
  readonly arriving: (window: number) => number;
  /** The most items that the consumer takes in a window. */
  readonly capacity: (window: number) => number;
  /** Items that the queue holds. */
  readonly queue: number;
  readonly exempt?: (window: number) => number;
  /** The probability at which the arriving items have already been sampled. */
  readonly incomingProbability?: (window: number) => number;
  /** Whether a sampler with the same threshold stops the other items before they arrive. */
  readonly stoppedBefore?: boolean;
  /** Adds noise to an expected number of items. */
  readonly noise?: (expected: number) => number;
  /** Pressure from elsewhere than the queue. */
  readonly pressure?: (window: number) => number;
  readonly seconds?: number;
  readonly adaptive?: AdaptiveThreshold;
}

export interface SimulatedWindow extends LoadWindow {
  /** In force during the window. */
  readonly threshold: Threshold;
  readonly probability: number;
  /** Items that found no room. */
  readonly lost: number;
  readonly exemptExceedsCapacity: boolean;
}

export function simulate(load: SimulatedLoad): SimulatedWindow[] {
  const { noise = (expected) => expected, adaptive = new AdaptiveThreshold(), seconds = 1 } = load;
  let queued = 0;
  return Array.from({ length: load.windows }, (_, window) => {
    const { threshold } = adaptive;
    const probability = probabilityOf(threshold);
    const exempt = noise(load.exempt?.(window) ?? 0);
    const stopped = load.stoppedBefore === true ? 1 - probability : 0;
    const sampled = noise((load.arriving(window) - (load.exempt?.(window) ?? 0)) * (1 - stopped));
    const passing =
      load.stoppedBefore === true ? 1 : Math.min(1, probability / (load.incomingProbability?.(window) ?? 1));
    const kept = passing === 1 ? sampled : Math.min(sampled, noise(sampled * passing));
    const sent = Math.min(queued + kept + exempt, noise(load.capacity(window)));
    const left = queued + kept + exempt - sent;
    queued = Math.min(load.queue, left);
    const utilization = Math.max(queued / load.queue, load.pressure?.(window) ?? 0);
    const measured: LoadWindow = { seconds, arrived: sampled + exempt, exempt, kept, sent, queued, utilization };
    adaptive.onWindow(measured);
    const { exemptExceedsCapacity } = adaptive;
    return { ...measured, threshold, probability, lost: left - queued, exemptExceedsCapacity };
  });
}
