/** setTimeout holds its delay in 31 bits and fires at once beyond; nobody waits for 24 days. */
const LONGEST_DELAY_MILLIS = 2 ** 31 - 1;

/**
 * Runs a step, and rejects when it takes longer than it may. The timer holds the process: somebody awaits the promise,
 * and what it waits for may hold nothing by itself.
 * @param what names the step in the error
 */
export async function withDeadline(step: () => Promise<void>, millis: number, what: string): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${Math.round(millis)} ms`)), Math.min(millis, LONGEST_DELAY_MILLIS));
  });
  try {
    await Promise.race([step(), deadline]);
  } finally {
    clearTimeout(timer);
  }
}
