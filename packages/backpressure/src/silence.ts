import type { FlushStart } from './destination.ts';

/**
 * Since when a pipeline has tried in vain to get an answer, whatever the reason: flushes fail, hang, or are told to wait.
 * This also counts before the consumer has ever been there, when the circuit stays closed.
 */
export class Silence {
  /** When the first flush started that has failed since the last answer. */
  #failingSince = Infinity;
  #brokenAt = -Infinity;

  /**
   * @param oldestStartedAt when the oldest flush in flight started
   * @returns `Infinity` if the pipeline does not try, or is answered
   */
  since(oldestStartedAt: number): number {
    return Math.max(Math.min(this.#failingSince, oldestStartedAt), this.#brokenAt);
  }

  onFailure({ startedAt }: FlushStart): void {
    this.#failingSince = Math.min(this.#failingSince, startedAt);
  }

  /** The pipeline was answered, or learned that others are answered again. */
  onAnswer(time: number): void {
    this.#brokenAt = time;
    this.#failingSince = Infinity;
  }
}
