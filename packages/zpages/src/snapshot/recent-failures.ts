import type { FlushOutcome, FlushReport } from '@spillway/backpressure';
import { shownMessage } from './shown-message.ts';

/** Kinds of failures that are kept. */
const MOST = 5;

/** Failures that have the same message. */
export interface Failure {
  /** With a message that may be shown. */
  readonly outcome: FlushOutcome;
  /** Whether its request had several items, and so can be split. */
  readonly isDivisible: boolean;
  count: number;
  lastAt: number;
}

/** The newest kinds of failures of a pipeline, the latest one last. */
export class RecentFailures {
  readonly #byMessage = new Map<string, Failure>();

  add({ outcome, items }: Pick<FlushReport, 'outcome' | 'items'>, time: number): void {
    const { error } = outcome;
    if (error === undefined) return;
    const message = shownMessage(error);
    const failure = this.#byMessage.get(message) ?? {
      outcome: withMessage(outcome, error, message),
      isDivisible: items > 1,
      count: 0,
      lastAt: time,
    };
    failure.count += 1;
    failure.lastAt = time;
    // The latest one goes to the end.
    this.#byMessage.delete(message);
    this.#byMessage.set(message, failure);
    for (const oldest of this.#byMessage.keys()) {
      if (this.#byMessage.size <= MOST) break;
      this.#byMessage.delete(oldest);
    }
  }

  /** The latest one first. */
  get all(): readonly Failure[] {
    return [...this.#byMessage.values()].toReversed();
  }
}

/** Keeps only what is read of the error: it may refer to a whole request. */
function withMessage(outcome: FlushOutcome, error: Error, message: string): FlushOutcome {
  const { code, statusCode } = error as { readonly code?: unknown; readonly statusCode?: unknown };
  return { ...outcome, error: Object.assign(new Error(message), { name: error.name, code, statusCode }) };
}
