import { deferred } from './deferred.ts';

/**
 * The collector's only access to time. The functions are captured when this file is loaded, so a test that installs a
 * fake clock afterwards does not stop the server that it talks to.
 */
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;
const monotonic = performance.now.bind(performance);

/** Milliseconds since the process started (`performance.now()`), on a clock that never jumps. */
export function now(): number {
  return monotonic();
}

/** A wait that may be ended early. `done` resolves in either case. */
export interface Pause {
  readonly done: Promise<void>;
  cut(): void;
}

/** The waits of one collector, kept together so that closing it leaves no timer behind. */
export class Pauses {
  readonly #running = new Set<Pause>();

  #isClosed = false;

  start(millis: number): Pause {
    const { promise: done, resolve } = deferred();
    const cut = () => {
      stopTimer(timer);
      this.#running.delete(pause);
      resolve();
    };
    const timer = startTimer(cut, millis);
    const pause: Pause = { done, cut };
    this.#running.add(pause);
    if (this.#isClosed) cut();
    return pause;
  }

  /** Cuts all waits, including waits that open requests would start later. */
  close(): void {
    this.#isClosed = true;
    for (const pause of this.#running) pause.cut();
  }
}

/** Calls back once, unless the returned function is called first. */
export function startDeadline(callback: () => void, millis: number): () => void {
  const timer = startTimer(callback, millis);
  return () => stopTimer(timer);
}
