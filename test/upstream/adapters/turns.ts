import { useTimeFunctions } from '../../../packages/backpressure/src/clock.ts';
import type { TimeFunctions } from '../../../packages/backpressure/src/time-functions.ts';

const { setImmediate: realImmediate, clearImmediate: realClear } = globalThis;

/** Our export begins in a separate turn, after what a resource may have to wait for. */
const TURNS = 4;

/** Lets the event loop turn, even if a test has faked time. */
export async function turn(): Promise<void> {
  for (let turns = 0; turns < TURNS; turns++) await new Promise<void>((resolve) => realImmediate(resolve));
}

/** Makes timers and clocks of the packages follow a test's faked ones. The turns of the event loop stay real. */
export function followFakedTimers(): void {
  useTimeFunctions({
    get performance() {
      return globalThis.performance;
    },
    get Date() {
      return globalThis.Date;
    },
    setTimeout: (callback, delayMs) => globalThis.setTimeout(callback, delayMs),
    clearTimeout: (handle) => globalThis.clearTimeout(handle as NodeJS.Timeout),
    setImmediate: (callback) => realImmediate(callback),
    clearImmediate: (handle) => realClear(handle as NodeJS.Immediate),
  } satisfies TimeFunctions);
}
