import { vi } from 'vitest';
import { runningOperations } from './tracked-files.ts';

/** Longer than any of these tests should take on a machine that is busy with others. */
const LIMIT_NANOSECONDS = 15_000_000_000n;
/** After the last operation, what follows from it needs some turns. */
const QUIET_TURNS = 6;
const STEP_MILLIS = 100;

/** With fake timers and real files: lets files work, and time pass when they do not, until something is so. */
export async function passUntil(condition: () => boolean): Promise<void> {
  const deadline = process.hrtime.bigint() + LIMIT_NANOSECONDS;
  let quietTurns = 0;
  while (!condition()) {
    if (process.hrtime.bigint() > deadline) throw new Error('It did not happen');
    await new Promise((resolve) => setImmediate(resolve));
    quietTurns = runningOperations() > 0 ? 0 : quietTurns + 1;
    if (quietTurns < QUIET_TURNS) continue;
    quietTurns = 0;
    vi.advanceTimersByTime(STEP_MILLIS);
  }
}

/** Lets that much time pass, with what files do meanwhile. */
export async function passMillis(millis: number): Promise<void> {
  const end = performance.now() + millis;
  await passUntil(() => performance.now() >= end);
  let turns = 0;
  await passUntil(() => (turns = runningOperations() > 0 ? 0 : turns + 1) >= QUIET_TURNS);
}
