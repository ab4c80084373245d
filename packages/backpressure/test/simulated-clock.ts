import type { Timer } from '../src/clock.ts';

/**
 * Stands in for `src/clock.ts` if minutes must pass in milliseconds:
 *
 *     vi.mock('../src/clock.ts', () => import('./simulated-clock.ts'));
 *
 * Like `fake-clock.ts`, but made for many events: a heap of timers, and no turn of the real event loop.
 */

interface Event {
  readonly at: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

/** As long as the longest chain of promises between an event and its consequences. */
const MICROTASKS = 12;

let time = 0;
let order = 0;
let heap: Event[] = [];

export function now(): number {
  return time;
}

export function startTimer(callback: () => void, delayMs: number): Timer {
  const event: Event = { at: time + Math.max(delayMs, 0), order: order++, callback };
  if (delayMs !== Infinity) push(event);
  return { cancel: () => void (event.callback = undefined) };
}

export const startDeadline = startTimer;

export function defer(callback: () => void): Timer {
  return startTimer(callback, 0);
}

/** A wall clock that never jumps. */
export const wallTime = now;

export const LONGEST_DELAY_MS = 2 ** 31 - 1;

export const hasTimers = (): boolean => true;

/** This clock loses no call. */
export function askAgainForLateCalls(): void {}

/** Time starts again at 0, without the timers of the previous run. */
export function resetClock(): void {
  time = 0;
  heap = [];
}

/** Lets everything happen that is due up to a moment. */
export async function runUntil(end: number): Promise<void> {
  for (let event = heap[0]; event !== undefined && event.at <= end; event = heap[0]) {
    pop();
    if (event.callback === undefined) continue;
    time = event.at;
    event.callback();
    for (let index = 0; index < MICROTASKS; index += 1) await Promise.resolve();
  }
  time = end;
}

const isBefore = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

function push(event: Event): void {
  let index = heap.length;
  heap.push(event);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!isBefore(event, heap[parent] as Event)) break;
    heap[index] = heap[parent] as Event;
    index = parent;
  }
  heap[index] = event;
}

function pop(): void {
  const last = heap.pop() as Event;
  if (heap.length === 0) return;
  let index = 0;
  for (;;) {
    let child = index * 2 + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child += 1;
    if (!isBefore(heap[child] as Event, last)) break;
    heap[index] = heap[child] as Event;
    index = child;
  }
  heap[index] = last;
}
