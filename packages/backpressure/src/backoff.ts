import { random } from './random.ts';

/** How long to wait after a failure. */
export interface RetryOptions {
  /** Milliseconds before the first retry, before jitter. Default 100. */
  readonly initialBackoffMs?: number;
  /** The longest wait in milliseconds, before jitter. Default 5 000, so that recovery is noticed within seconds. */
  readonly maxBackoffMs?: number;
  /** Factor from one wait to the next, at least 1. Default 2. */
  readonly multiplier?: number;
}

export type ResolvedRetryOptions = Required<RetryOptions>;

/** The defaults of {@link RetryOptions}. */
export const DEFAULT_RETRY: ResolvedRetryOptions = { initialBackoffMs: 100, maxBackoffMs: 5_000, multiplier: 2 };

/**
 * Exponential backoff with "equal jitter": half of the wait is fixed, half is chance, so that processes that lost one
 * consumer at one moment do not come back to it at one moment, and none comes back at once.
 * (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.)
 *
 * @param attempt failures in a row, from 1
 */
export function backoffMs(attempt: number, options: ResolvedRetryOptions): number {
  const grown = options.initialBackoffMs * options.multiplier ** (attempt - 1);
  const wait = Math.min(grown, options.maxBackoffMs);
  return wait / 2 + (wait / 2) * random();
}
