import { startTimer, type Timer } from '@spillway/backpressure';

/**
 * Runs a step, and rejects when it takes longer than it may. The timer holds the process: somebody awaits the promise,
 * and what it waits for may hold nothing by itself.
 * @param what names the step in the error
 */
export async function withDeadline(step: () => Promise<void>, millis: number, what: string): Promise<void> {
  let timer: Timer | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = startTimer(() => reject(new Error(`${what} took longer than ${Math.round(millis)} ms`)), millis, true);
  });
  try {
    await Promise.race([step(), deadline]);
  } finally {
    timer?.cancel();
  }
}
