import type { FlushOutcome, FlushResult } from './flush-outcome.ts';

/** A flush took longer than `flushTimeoutMs`. */
export class FlushTimeoutError extends Error {
  override readonly name = 'FlushTimeoutError';

  constructor(timeoutMs: number) {
    super(`the flush took longer than ${timeoutMs} ms and was aborted; its batch is sent again`);
  }
}

export function timeoutOutcome(timeoutMs: number): FlushOutcome & { kind: 'retry' } {
  return { kind: 'retry', error: new FlushTimeoutError(timeoutMs) };
}

/**
 * Runs a flush function, which is the user's code. Whatever it throws, rejects with or resolves with becomes an outcome
 * that counts each item of the batch once. Never rejects.
 */
export async function outcomeOf(
  flush: () => Promise<FlushResult | FlushOutcome>,
  items: number,
): Promise<FlushOutcome> {
  try {
    const result: unknown = await flush();
    if (isOutcome(result)) return checked(result, items);
    if (isFlushResult(result)) return outcomeOfResult(result, items);
    // Whether the batch was delivered is unknown. Sending it again after each such answer could go on for ever.
    return {
      kind: 'refused',
      error: new TypeError('the flush function resolved with neither a FlushResult nor a FlushOutcome'),
    };
  } catch (thrown) {
    return {
      kind: 'retry',
      error:
        thrown instanceof Error
          ? thrown
          : new Error('the flush function threw a value that is not an Error', { cause: thrown }),
    };
  }
}

function checked(outcome: FlushOutcome, items: number): FlushOutcome {
  if (outcome.kind === 'delivered') return delivered(outcome.rejected, outcome.error, items);
  if (outcome.kind === 'throttled' && !isPause(outcome.retryAfterMs))
    return { kind: 'throttled', error: outcome.error };
  return outcome;
}

/**
 * Without any pause, the batch would be sent again and again immediately. A pause without end would stop all flushes.
 */
function isPause(retryAfterMs: number | undefined): boolean {
  return retryAfterMs !== undefined && retryAfterMs > 0 && retryAfterMs < Infinity;
}

/** If the two numbers do not add up to the batch, all items that were not reported as a success have failed. */
function outcomeOfResult(result: FlushResult, items: number): FlushOutcome {
  const success = wholeUpTo(result.success, items);
  return delivered(items - success, Array.isArray(result.errors) ? result.errors[0] : undefined, items);
}

function delivered(rejected: number | undefined, error: Error | undefined, items: number): FlushOutcome {
  return { kind: 'delivered', rejected: wholeUpTo(rejected ?? 0, items), ...(error === undefined ? {} : { error }) };
}

function wholeUpTo(value: number, most: number): number {
  return Number.isFinite(value) ? Math.min(Math.max(Math.trunc(value), 0), most) : 0;
}

const KINDS = new Set<unknown>(['delivered', 'retry', 'throttled', 'refused', 'too_large']);

function isOutcome(value: unknown): value is FlushOutcome {
  return typeof value === 'object' && value !== null && 'kind' in value && KINDS.has(value.kind);
}

function isFlushResult(value: unknown): value is FlushResult {
  return typeof value === 'object' && value !== null && 'success' in value && 'failed' in value;
}
