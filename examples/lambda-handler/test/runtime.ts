/** As much of Lambda's runtime as a handler meets: a context with a deadline. Invoked by messages of its parent. */
import { handler } from '../src/handler.ts';

export interface Invocation {
  readonly id: string;
  readonly grams: number;
  /** The function's timeout. */
  readonly timeoutMillis: number;
}

/** What came of an invocation. */
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
