import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** The smallest possible resolution. Each counted delay includes it. */
const RESOLUTION_MILLIS = 1;
/** With a much shorter time, the 99th percentile would be the worst value. */
const RECENT_MILLIS = 900;
const NANOS_PER_MILLI = 1e6;
const MICROS_PER_SECOND = 1e6;

/** The cost of this process since this object was made or restarted. */
export class ProcessCost {
  #cpuBefore = process.cpuUsage();
  readonly #delay = startedMonitor();
  readonly #recentDelay = startedMonitor();
  #recentSince = performance.now();
  #recentMillis = 0;

  restart(): void {
    this.#cpuBefore = process.cpuUsage();
    this.#delay.reset();
    this.#recentDelay.reset();
    this.#recentSince = performance.now();
  }

  get cpuSeconds(): number {
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    return (user + system) / MICROS_PER_SECOND;
  }

  get loopDelayP99Millis(): number {
    return p99(this.#delay);
  }

  /** For the last second, or a little less. */
  get recentLoopDelayP99Millis(): number {
    const now = performance.now();
    if (now - this.#recentSince >= RECENT_MILLIS) {
      this.#recentMillis = p99(this.#recentDelay);
      this.#recentDelay.reset();
      this.#recentSince = now;
    }
    return this.#recentMillis;
  }
}

function startedMonitor(): IntervalHistogram {
  const monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MILLIS });
  monitor.enable();
  return monitor;
}

function p99(delay: IntervalHistogram): number {
  return delay.count === 0 ? 0 : delay.percentile(99) / NANOS_PER_MILLI;
}
