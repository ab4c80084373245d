import { now } from '../src/clock.ts';

export interface WatchedPromise<T> {
  /** Undefined until the promise has settled. */
  result: T | undefined;
  /** When it settled, on the clock of `now()`. */
  at: number | undefined;
}

/** A promise that can be inspected without being awaited. */
export function watch<T>(promise: Promise<T>): WatchedPromise<T> {
  const watched: WatchedPromise<T> = { result: undefined, at: undefined };
  void (async () => {
    watched.result = await promise;
    watched.at = now();
  })();
  return watched;
}
