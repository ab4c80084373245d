import { afterEach, beforeEach, vi } from 'vitest';

/** The clock moves in steps of this length. It is short compared with a window of the sampler, 500 ms. */
export const STEP_MILLIS = 25;

/** Turns of the event loop in a step. The flush loop starts at most one flush in each turn. */
const TURNS = 2;

/** Makes the tests of this file control the time. `setImmediate` stays real, because turns take no time. */
export function useSimulatedTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

/** Moves the time by one step, and waits for its effects. */
export async function passStep(): Promise<void> {
  vi.advanceTimersByTime(STEP_MILLIS);
  for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Moves the time until the promise is settled. */
export async function passUntil<Value>(begun: Promise<Value>): Promise<Value> {
  const pending = new Set([begun]);
  const end = begun.finally(() => pending.clear());
  while (pending.size > 0) await passStep();
  return end;
}
