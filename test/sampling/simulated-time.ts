import { afterEach, beforeEach, vi } from 'vitest';

/** So often the clock moves. Short beside a window of the sampler, 500 ms. */
export const STEP_MILLIS = 25;

/** Turns of the event loop in a step: the flush loop starts at most one flush in each. */
const TURNS = 2;

/** The tests of this file run in time that they move themselves. `setImmediate` stays real: turns take no time. */
export function useSimulatedTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

/** One step of time, and what it sets off. */
export async function passStep(): Promise<void> {
  vi.advanceTimersByTime(STEP_MILLIS);
  for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Moves the time until something that was begun is over. */
export async function passUntil<Value>(begun: Promise<Value>): Promise<Value> {
  const pending = new Set([begun]);
  const end = begun.finally(() => pending.clear());
  while (pending.size > 0) await passStep();
  return end;
}
