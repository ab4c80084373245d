import { errorText } from '@spillway/otlp/encoding';
import { ownDiag } from '../scope/export-scope.ts';
import type { Flushable } from './flushable.ts';
import { flushWithin } from './flush-within.ts';

/** Keeps the work of a request alive after its answer. */
export type WaitUntil = (work: Promise<unknown>) => void;

/** Options of {@link flushAfter}. */
export interface FlushAfterOptions {
  /** Milliseconds after which the flush is given up. Default 10 000, as long as one attempt of an exporter. */
  readonly timeoutMillis?: number | undefined;
}

const DEFAULT_TIMEOUT_MILLIS = 10_000;

/**
 * Flushes after the answer to a request: the client does not wait for it. Call this once the last span of the request
 * has ended, and before the handler returns.
 *
 * Never throws. Items that were not sent in time are kept and sent after a later request of the same worker.
 * @param waitUntil the platform's function that keeps a request alive, or the object that has it: the context of
 *   Cloudflare's handlers, the event of Next's middleware, `waitUntil` of `@vercel/functions`
 * @param flushed what is flushed, all at the same time
 */
export function flushAfter(
  waitUntil: WaitUntil | { readonly waitUntil: WaitUntil },
  flushed: Flushable | readonly Flushable[],
  options: FlushAfterOptions = {},
): void {
  const work = flushWithin(flushed, options.timeoutMillis ?? DEFAULT_TIMEOUT_MILLIS, { marginMillis: 0 });
  try {
    // Called as a method, because platforms refuse it without its object.
    if (typeof waitUntil === 'function') waitUntil(work);
    else waitUntil.waitUntil(work);
  } catch (error) {
    ownDiag.error(`the flush after the answer may be cut off, because waitUntil threw: ${errorText(error)}`);
  }
}
