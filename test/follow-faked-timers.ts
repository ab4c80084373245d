import { useTimeFunctions } from '../packages/backpressure/src/clock.ts';
import type { TimeFunctions } from '../packages/backpressure/src/time-functions.ts';

/** Looks the functions for time up at each call, so that the fake timers of Vitest reach the packages' sources. */
export function followFakedTimers(): void {
  // Handles are given back to the functions that they came from.
  useTimeFunctions(globalThis as unknown as TimeFunctions);
}

followFakedTimers();
