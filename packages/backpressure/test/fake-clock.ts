import type { Timer } from '../src/clock.ts';

/**
 * Stands in for `src/clock.ts`, the one seam for time:
 *
 *     vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
 *
 * Time moves only in {@link advance}, which stops at the exact moment of each timer and lets everything happen there
 * that needs no time. (The fake timers of Vitest let a millisecond pass for each deferred turn.)
 */

interface FakeTimer {
  readonly at: number;
  readonly callback: () => void;
}

let time = 0;
let timers: FakeTimer[] = [];
let deferred: (() => void)[] = [];

export function now(): number {
  return time;
}

export function startTimer(callback: () => void, delayMs: number): Timer {
  const timer = { at: time + Math.max(delayMs, 0), callback };
  timers.push(timer);
  return { cancel: () => void (timers = timers.filter((other) => other !== timer)) };
}

export function startDeadline(callback: () => void, delayMs: number): Timer {
  return startTimer(callback, delayMs);
}

export function defer(callback: () => void): Timer {
  deferred.push(callback);
  return { cancel: () => void (deferred = deferred.filter((other) => other !== callback)) };
}

/** A wall clock that never jumps. */
export const wallTime = now;

export const LONGEST_DELAY_MS = 2 ** 31 - 1;

export const hasTimers = (): boolean => true;

/** This clock loses no call. */
export function askAgainForLateCalls(): void {}

/** Time starts again at 0, without the timers of the previous test. */
export function resetClock(): void {
  time = 0;
  timers = [];
  deferred = [];
}

/** The timers that are running, which would keep a controller busy. */
export const runningTimers = (): number => timers.length;

/** Lets everything happen that needs no time. */
export async function settle(): Promise<void> {
  // A real turn of the event loop comes after every promise that can be settled has been.
  await new Promise((resolve) => setImmediate(resolve));
  for (let turn = deferred.shift(); turn !== undefined; turn = deferred.shift()) {
    turn();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Lets that many milliseconds pass. Everything that is due meanwhile happens at its time. */
export async function advance(milliseconds: number): Promise<void> {
  const end = time + milliseconds;
  await settle();
  for (let timer = nextUntil(end); timer !== undefined; timer = nextUntil(end)) {
    time = timer.at;
    timers.splice(timers.indexOf(timer), 1);
    timer.callback();
    await settle();
  }
  time = end;
}

/** The timer that is due first. If several are due at the same moment, the one that was started first. */
function nextUntil(end: number): FakeTimer | undefined {
  return timers
    .filter(({ at }) => at <= end)
    .reduce<FakeTimer | undefined>(
      (first, timer) => (first === undefined || timer.at < first.at ? timer : first),
      undefined,
    );
}
