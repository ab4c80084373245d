import type { Flushable } from './flushable.ts';
import { DEFAULT_MARGIN_MILLIS, flushWithin, type FlushWithinOptions } from './flush-within.ts';

/** The part of Lambda's context that is used. */
export interface InvocationContext {
  /** Emulators and tests may have none. Then only `maxFlushMillis` limits a flush. */
  getRemainingTimeInMillis?(): number;
}

/** Options of {@link flushEachInvocation}. */
export interface FlushEachInvocationOptions extends FlushWithinOptions {
  /**
   * The longest time that a flush may take, in milliseconds, because the caller waits for it. A shorter time until the
   * deadline wins. Default 1 000.
   */
  readonly maxFlushMillis?: number | undefined;
}

const DEFAULT_MAX_FLUSH_MILLIS = 1_000;

/**
 * Wraps a handler of AWS Lambda, so that each invocation flushes before it ends, even if it fails. Lambda then
 * freezes the process, perhaps for good.
 *
 * The result and the errors of the handler stay the same. Items that were not sent in time are kept and sent in the next
 * invocation of the same process.
 * @param handler returns a promise; callbacks are not supported
 * @throws RangeError for an option that is not a time
 */
export function flushEachInvocation<Event, Context extends InvocationContext | undefined, Result>(
  handler: (event: Event, context: Context) => Promise<Result>,
  flushed: Flushable | readonly Flushable[],
  options: FlushEachInvocationOptions = {},
): (event: Event, context: Context) => Promise<Result> {
  const { maxFlushMillis = DEFAULT_MAX_FLUSH_MILLIS, marginMillis = DEFAULT_MARGIN_MILLIS } = options;
  checkTime('maxFlushMillis', maxFlushMillis);
  checkTime('marginMillis', marginMillis);
  return async (event, context) => {
    try {
      return await handler(event, context);
    } finally {
      const timeLeft = (): number =>
        Math.min((context?.getRemainingTimeInMillis?.() ?? Infinity) - marginMillis, maxFlushMillis);
      await flushWithin(flushed, timeLeft, { marginMillis: 0 });
    }
  };
}

function checkTime(name: string, millis: number): void {
  if (!(millis >= 0)) throw new RangeError(`${name} must be at least 0, got ${String(millis)}`);
}
