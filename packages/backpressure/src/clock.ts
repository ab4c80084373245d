import { LateCalls } from './late-calls.ts';
import { captureTimeFunctions, type TimeFunctions } from './time-functions.ts';

/**
 * The one seam for time. No other file of the packages touches timers or clocks. So a test can replace them all, and
 * whatever may keep a process alive is in one file.
 *
 * The platform's functions are captured once, when this module is loaded, because the tests of an application may fake
 * the globals at any time, and telemetry must go on.
 */
let platform: TimeFunctions = captureTimeFunctions();

/** The longest delay of a timer: setTimeout stores it in 31 bits, and fires immediately if it is longer. */
export const LONGEST_DELAY_MS = 2 ** 31 - 1;

const calls = new LateCalls();

export interface Timer {
  cancel(): void;
}

/** Only for the tests of this project: replaces the captured functions. */
export function useTimeFunctions(functions: TimeFunctions): void {
  platform = functions;
}

/** Whether the platform had timers when this module was loaded. */
export function hasTimers(): boolean {
  return typeof platform.setTimeout === 'function';
}

/** Milliseconds on a clock that never jumps. Only differences mean anything. */
export function now(): number {
  return platform.performance.now();
}

/** Milliseconds since 1970, by the wall clock, which may jump. */
export function wallTime(): number {
  return platform.Date.now();
}

/**
 * Calls back once after `delayMs`, or never for `Infinity` (after 24 days if it holds the process). The timer lets the
 * process end unless `holdsProcess` is set, which is for time limits on something that a caller awaits.
 */
export function startTimer(callback: () => void, delayMs: number, holdsProcess = false): Timer {
  if (delayMs === Infinity && !holdsProcess) return { cancel() {} };
  const delay = Math.min(Math.max(delayMs, 0), LONGEST_DELAY_MS);
  return calls.add(callback, now() + delay, (run, isLate) => {
    const handle = platform.setTimeout?.(run, isLate ? 0 : delay);
    if (!holdsProcess) release(handle);
    return () => platform.clearTimeout?.(handle);
  });
}

/**
 * Like {@link startTimer}, but one turn of the event loop later. After the loop was blocked, timers run before sockets
 * are read, and a socket may have the very answer that is due.
 */
export function startDeadline(callback: () => void, delayMs: number, holdsProcess = false): Timer {
  let turn: Timer | undefined;
  const timer = startTimer(
    () => {
      turn = defer(callback);
    },
    delayMs,
    holdsProcess,
  );
  return {
    cancel: () => {
      timer.cancel();
      turn?.cancel();
    },
  };
}

/**
 * Calls back in the next turn of the event loop, so that a caller in a hot path pays nothing and I/O is not starved. It
 * holds the process for that one turn, because an immediate that does not would sleep until something else wakes the
 * loop.
 */
export function defer(callback: () => void): Timer {
  return calls.add(callback, now(), (run) => askForImmediate(run) ?? askForTimeout(run));
}

/** @returns `undefined` if the platform has no immediates, or if `setImmediate` throws, as in Next's edge runtime */
function askForImmediate(run: () => void): (() => void) | undefined {
  const { setImmediate, clearImmediate } = platform;
  try {
    const handle = setImmediate?.(run);
    return handle === undefined ? undefined : () => clearImmediate?.(handle);
  } catch {
    return undefined;
  }
}

function askForTimeout(run: () => void): () => void {
  const handle = platform.setTimeout?.(run, 0);
  return () => platform.clearTimeout?.(handle);
}

/**
 * Asks the platform again for every call that should have come long ago: workers drop timers together with the request
 * that started them, and frozen pages and processes may do so too. If no call is late, this costs only a look at the
 * clock.
 */
export function askAgainForLateCalls(): void {
  calls.askAgain(now());
}

/** In browsers, a handle is a number, and there is no process to hold. */
function release(handle: unknown): void {
  (handle as { unref?: () => void } | undefined)?.unref?.();
}
