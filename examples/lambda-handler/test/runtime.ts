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
}

process.on('message', ({ id, grams, timeoutMillis }: Invocation) => {
  const start = performance.now();
  const timeTaken = (): number => performance.now() - start;
  const context = { awsRequestId: id, getRemainingTimeInMillis: () => timeoutMillis - timeTaken() };
  const send = (outcome: Omit<Outcome, 'millis'>): unknown => process.send?.({ ...outcome, millis: timeTaken() });
  handler({ grams }, context).then(send, (error: unknown) => send({ error: String(error) }));
});
