import { random } from './random.ts';

/** How long to wait after a failure. */
export interface RetryOptions {
  /** Milliseconds before the first retry, before jitter. Default 100. */
  readonly initialBackoffMs?: number;
  /**
   * The longest wait in milliseconds, before jitter. Default: a sixtieth of the time since the outage began, at least
   * 1 000 and at most 5 000. A value that you set applies from the first failure on.
   */
  readonly maxBackoffMs?: number;
  /** Factor from one wait to the next, at least 1. Default 2. */
  readonly multiplier?: number;
}

export interface ResolvedRetryOptions extends Required<RetryOptions> {
  /** The longest wait in the first minute of an outage, before jitter: `maxBackoffMs` if the user has set that. */
  readonly earlyMaxBackoffMs: number;
}

/** The defaults of {@link RetryOptions}. */
export const DEFAULT_RETRY: ResolvedRetryOptions = {
  initialBackoffMs: 100,
  earlyMaxBackoffMs: 1_000,
  maxBackoffMs: 5_000,
  multiplier: 2,
};

/**
 * The longest wait grows with the outage, so that noticing its end adds at most a sixtieth to it: 1 s up to a minute,
 * 5 s from five minutes on.
 */
const SHARE_OF_OUTAGE = 1 / 60;

/** @param outageMs how long the outage has lasted */
export function longestBackoffMs(outageMs: number, options: ResolvedRetryOptions = DEFAULT_RETRY): number {
  return Math.min(Math.max(Math.round(outageMs * SHARE_OF_OUTAGE), options.earlyMaxBackoffMs), options.maxBackoffMs);
}

/**
 * Exponential backoff with "equal jitter": half of the wait is fixed and half is random, so that processes that lost
 * one consumer at the same moment do not all come back to it at the same moment, and no batch is retried immediately.
 * (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.)
 *
 * @param attempt failures in a row, from 1
 * @param outageMs how long the outage has lasted
 */
export function backoffMs(attempt: number, options: ResolvedRetryOptions, outageMs = 0): number {
  const grown = options.initialBackoffMs * options.multiplier ** (attempt - 1);
  const wait = Math.min(grown, longestBackoffMs(outageMs, options));
  return wait / 2 + (wait / 2) * random();
}
