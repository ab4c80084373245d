import type { FlushOutcome } from '@spillway/backpressure';

/** The semantic conventions' word for a cause that has no name of low cardinality. */
const OTHER = '_OTHER';
/** A name or code. Anything else may be a message, with an id in it. */
const NAME = /^[\w.:-]{1,64}$/;
/** Names come from exporters that are not ours as well. */
const MOST_TYPES = 32;

interface ErrorLike {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly statusCode?: unknown;
}

/** `error.type` of an attempt: a status, a code, `timeout` or `rejected`; `undefined` if all items were delivered. */
export function errorTypeOf(outcome: FlushOutcome): string | undefined {
  if (outcome.kind === 'delivered') return (outcome.rejected ?? 0) > 0 ? 'rejected' : undefined;
  if (outcome.kind === 'retry' && outcome.timedOut === true) return 'timeout';
  return errorTypeOfError(outcome.error);
}

/** `error.type` of an error. Never throws. */
export function errorTypeOfError(error: unknown): string {
  try {
    const { name, code, statusCode } = error as ErrorLike;
    if (name === 'TimeoutError' || name === 'FlushTimeoutError') return 'timeout';
    // A proxy of gRPC may add a status of HTTP, but the code says more.
    const told = name === 'GrpcStatusError' ? code : (statusCode ?? code);
    return named(told) ?? named(name) ?? OTHER;
  } catch {
    return OTHER;
  }
}

function named(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value);
  return NAME.test(text) ? text : undefined;
}

/** Items that failed, by `error.type`. Bounded: types beyond the first ones share one. */
export class FailedItems {
  readonly #counts = new Map<string, number>();

  add(type: string, count: number): void {
    if (count <= 0) return;
    const key = this.#counts.has(type) || this.#counts.size < MOST_TYPES ? type : OTHER;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
  }

  [Symbol.iterator](): Iterator<[string, number]> {
    return this.#counts.entries();
  }
}
