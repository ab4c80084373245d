import { now } from '../src/clock.ts';
import type { FlushContext, FlushFunction, FlushOutcome, FlushResult } from '../src/index.ts';

/** One call of the flush function, held open until the test answers it. */
export interface HeldFlush<Item> {
  readonly items: readonly Item[];
  readonly signal: AbortSignal;
  /** On the clock of `now()`. */
  readonly at: number;
  readonly answered: boolean;
  /** Settles the flush. Without an argument, the batch is delivered. */
  answer(outcome?: FlushOutcome | FlushResult): void;
  fail(error?: unknown): void;
}

/** A consumer that answers only when the test says so. */
export class HeldConsumer<Item> {
  readonly flushes: HeldFlush<Item>[] = [];
  /** The immediate answer to every flush, until it is unset. */
  automatic: FlushOutcome | undefined;
  /** Called at the start of each flush. */
  onFlush: ((flush: HeldFlush<Item>) => void) | undefined;

  readonly flush: FlushFunction<Item> = (items: Item[], { signal }: FlushContext) =>
    new Promise((resolve, reject) => {
      const flush = {
        items: [...items],
        signal,
        at: now(),
        answered: false,
        answer(outcome: FlushOutcome | FlushResult = delivered) {
          this.answered = true;
          resolve(outcome);
        },
        fail(error: unknown = new Error('the consumer failed')) {
          this.answered = true;
          reject(error);
        },
      };
      this.flushes.push(flush);
      this.onFlush?.(flush);
      if (this.automatic !== undefined) flush.answer(this.automatic);
    });

  /** The flush that was started most recently. */
  get last(): HeldFlush<Item> {
    const flush = this.flushes.at(-1);
    if (flush === undefined) throw new Error('no flush was started');
    return flush;
  }

  get open(): readonly HeldFlush<Item>[] {
    return this.flushes.filter((flush) => !flush.answered);
  }

  /** Items of every flush, in the order of departure. */
  get batches(): (readonly Item[])[] {
    return this.flushes.map((flush) => flush.items);
  }
}

export const delivered: FlushOutcome = { kind: 'delivered' };
export const retry: FlushOutcome = { kind: 'retry', error: new Error('try again') };
export const unreachable: FlushOutcome = { kind: 'retry', error: new Error('connection refused'), unreachable: true };
export const denied: FlushOutcome = { kind: 'retry', error: new Error('unauthorized'), denied: true };
export const refused: FlushOutcome = { kind: 'refused', error: new Error('bad request') };
export const tooLarge: FlushOutcome = { kind: 'too_large', error: new Error('payload too large') };
export const throttled = (retryAfterMs?: number): FlushOutcome => ({
  kind: 'throttled',
  error: new Error('slow down'),
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

/** The whole numbers from `first` to `last`: items that show their order. */
export const numbers = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);
