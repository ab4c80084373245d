import { useTimeFunctions } from '../packages/backpressure/src/clock.ts';
import type { TimeFunctions } from '../packages/backpressure/src/time-functions.ts';

/** Makes the packages look up the time functions at each call, so that Vitest's fake timers reach their sources. */
export function followFakedTimers(): void {
  // Handles are only passed back to the functions that they came from.
  useTimeFunctions(globalThis as unknown as TimeFunctions);
}

followFakedTimers();
