import { startTimer, type Timer } from '@spillway/backpressure';

/**
 * Runs a step, and rejects if it takes too long. The timer keeps the process alive, because somebody awaits the
 * promise, and the step itself may not keep it alive.
 * @param what names the step in the error
 */
export async function withDeadline<Result>(step: () => Promise<Result>, millis: number, what: string): Promise<Result> {
  let timer: Timer | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = startTimer(() => reject(new Error(`${what} took longer than ${Math.round(millis)} ms`)), millis, true);
  });
  try {
    return await Promise.race([step(), deadline]);
  } finally {
    timer?.cancel();
  }
}
