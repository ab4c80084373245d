// oxlint-disable-next-line no-restricted-imports -- only `performance` has eventLoopUtilization
import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { above0, now, type PressureSource } from '@spillway/backpressure';
import { type PressureRange, utilizationWithin } from './pressure-range.ts';

export interface EventLoopPressureOptions extends PressureRange {
  /** Default 0.85. */
  readonly startAt?: number | undefined;
  /** Default 1: the loop is never idle. */
  readonly fullAt?: number | undefined;
  /** Milliseconds over which it is measured, so that a single long task is no pressure. Default 1 000. */
  readonly windowMillis?: number | undefined;
}

/** What an event loop says of its time. */
export interface EventLoopReading {
  now(): number;
  eventLoopUtilization(now?: EventLoopUtilization, before?: EventLoopUtilization): EventLoopUtilization;
}

const DEFAULTS = { startAt: 0.85, fullAt: 1 };
const DEFAULT_WINDOW_MILLIS = 1_000;

/**
 * Rises as the event loop of this thread gets busier: the share of the last window in which it was busy. It counts in
 * full, even while the queue is empty, because an item that is sampled out is neither encoded nor sent. The default
 * watermarks make a pipeline elevated from 92.5 % and critical from 97 %.
 * @throws TypeError or RangeError that names option and value
 */
export function eventLoopPressure(
  options: EventLoopPressureOptions = {},
  loop: EventLoopReading = { now, eventLoopUtilization: performance.eventLoopUtilization.bind(performance) },
): PressureSource {
  const utilizationOf = utilizationWithin(options, DEFAULTS);
  const windowMillis = above0('windowMillis', options.windowMillis ?? DEFAULT_WINDOW_MILLIS);
  let before = loop.eventLoopUtilization();
  let startedAt = loop.now();
  let utilization = 0;
  return {
    // Several pipelines may call this, each at its own times.
    utilization() {
      if (loop.now() - startedAt < windowMillis) return utilization;
      const current = loop.eventLoopUtilization();
      utilization = utilizationOf(loop.eventLoopUtilization(current, before).utilization);
      before = current;
      startedAt = loop.now();
      return utilization;
    },
  };
}
