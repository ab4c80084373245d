/** The part of Lambda's runtime that a handler sees: a context with a deadline. Its parent invokes it by messages. */
import { handler } from '../src/handler.ts';

export interface Invocation {
  readonly id: string;
  readonly grams: number;
  /** The function's timeout. */
  readonly timeoutMillis: number;
}

/** The result of an invocation. */
export interface Outcome {
  readonly cents?: number;
  readonly error?: string;
  readonly millis: number;
  /** Lambda would have ended the invocation at the function's timeout. */
  readonly timedOut: boolean;
}

process.on('message', ({ id, grams, timeoutMillis }: Invocation) => {
  const start = performance.now();
  const timeTaken = (): number => performance.now() - start;
  let timedOut = false;
  // Timers of one process end in the order of their times, so even a busy machine gives the handler the time that is its due.
  const timeout = setTimeout(() => (timedOut = true), timeoutMillis);
  const context = { awsRequestId: id, getRemainingTimeInMillis: () => timeoutMillis - timeTaken() };
  const send = (outcome: Pick<Outcome, 'cents' | 'error'>): void => {
    clearTimeout(timeout);
    process.send?.({ ...outcome, millis: timeTaken(), timedOut });
  };
  handler({ grams }, context).then(send, (error: unknown) => send({ error: String(error) }));
});
