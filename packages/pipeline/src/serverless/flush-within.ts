import { LONGEST_DELAY_MS, startDeadline, type Timer } from '@spillway/backpressure';
import { errorText } from '@spillway/otlp/encoding';
import { ownDiag } from '../scope/export-scope.ts';
import type { Flushable } from './flushable.ts';

/** Options of {@link flushWithin}. */
export interface FlushWithinOptions {
  /** Milliseconds before the deadline that are kept free for the platform's work after the invocation. Default 100. */
  readonly marginMillis?: number | undefined;
}

export const DEFAULT_MARGIN_MILLIS = 100;

/**
 * Flushes at the end of an invocation, within the time left before its deadline. The process is frozen afterwards,
 * perhaps for good: items that are not sent by then may never be.
 *
 * Never throws. Items that were not sent in time are kept and sent in the next invocation of the same process.
 * @param flushed what is flushed, all at the same time
 * @param remainingMillis time until the deadline, or a function for it, such as Lambda's
 *   `context.getRemainingTimeInMillis`
 * @returns whether everything received before was exported or dropped
 */
export async function flushWithin(
  flushed: Flushable | readonly Flushable[],
  remainingMillis: number | (() => number),
  options: FlushWithinOptions = {},
): Promise<boolean> {
  let timer: Timer | undefined;
  try {
    const timeoutMillis = timeLeft(remainingMillis, options.marginMillis ?? DEFAULT_MARGIN_MILLIS);
    const flushes = Array.isArray(flushed) ? (flushed as readonly Flushable[]) : [flushed as Flushable];
    const flush = Promise.all(flushes.map((one) => isFlushed(one, timeoutMillis)));
    const timeout = new Promise<readonly boolean[]>((resolve) => {
      // A turn late, so that flushes that end by themselves at this moment have done so. A worker would log a warning
      // about any that is left behind.
      timer = startDeadline(() => resolve([false]), timeoutMillis, true);
    });
    return (await Promise.race([flush, timeout])).every(Boolean);
  } catch (error) {
    ownDiag.error(`the flush at the end of the invocation failed: ${errorText(error)}`);
    return false;
  } finally {
    timer?.cancel();
  }
}

async function isFlushed(flushed: Flushable, timeoutMillis: number): Promise<boolean> {
  try {
    await flushed.forceFlush({ timeoutMillis });
    return true;
  } catch (error) {
    ownDiag.warn(`not everything was flushed within the invocation: ${errorText(error)}`);
    return false;
  }
}

/** @throws RangeError if an argument is not a time */
function timeLeft(remainingMillis: number | (() => number), marginMillis: number): number {
  const remaining = typeof remainingMillis === 'function' ? remainingMillis() : remainingMillis;
  if (typeof remaining !== 'number' || Number.isNaN(remaining))
    throw new RangeError(`remainingMillis must be a number, got ${String(remaining)}`);
  if (!(marginMillis >= 0)) throw new RangeError(`marginMillis must be at least 0, got ${String(marginMillis)}`);
  return Math.min(Math.max(remaining - marginMillis, 0), LONGEST_DELAY_MS);
}
