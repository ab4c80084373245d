/**
 * The one seam for time. Nothing else in this package touches timers or clocks, so that a fake clock in a test sees
 * everything, and a reader who looks for what may keep a process alive has one file to read. Globals are looked up at
 * each call, because fake timers replace them.
 */

/** setTimeout holds its delay in 31 bits and fires at once beyond. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

export interface Timer {
  cancel(): void;
}

/** Milliseconds on a clock that never jumps. Only differences mean anything. */
export function now(): number {
  return performance.now();
}

/**
 * Calls back once after `delayMs`; for `Infinity` never (or, where it holds the process, after 24 days).
 * A timer lets the process end unless `holdsProcess` says that somebody awaits what it bounds.
 */
export function startTimer(callback: () => void, delayMs: number, holdsProcess = false): Timer {
  if (delayMs === Infinity && !holdsProcess) return { cancel() {} };
  const handle: unknown = setTimeout(callback, Math.min(Math.max(delayMs, 0), LONGEST_DELAY_MS));
  if (!holdsProcess) release(handle);
  return { cancel: () => clearTimeout(handle as Parameters<typeof clearTimeout>[0]) };
}

/**
 * As {@link startTimer}, and one turn of the event loop later. Where the loop was blocked, timers come before what lies in
 * the sockets, and that may be what the deadline is for.
 */
export function startDeadline(callback: () => void, delayMs: number, holdsProcess = false): Timer {
  let isCancelled = false;
  const timer = startTimer(() => defer(() => {
    if (!isCancelled) callback();
  }), delayMs, holdsProcess);
  return {
    cancel: () => {
      isCancelled = true;
      timer.cancel();
    },
  };
}

/**
 * Calls back after what the event loop has ready, so that a caller in a hot path pays nothing and I/O is not starved.
 * It holds the process for that one turn: an immediate that does not would sleep until something else woke the loop.
 */
export function defer(callback: () => void): void {
  if (typeof setImmediate === 'function') setImmediate(callback);
  else setTimeout(callback, 0);
}

/** In browsers a handle is a number, and there is no process to hold. */
function release(handle: unknown): void {
  (handle as { unref?: () => void }).unref?.();
}
