import { expect, it } from 'vitest';
import type { SyncMode } from '../src/index.ts';
import { killedRun } from './kills/killed-run.ts';

// `npm run spool:crashes` does this in 200 processes.
it.each<[SyncMode, readonly number[]]>([
  ['never', [11, 12]],
  ['interval', [21, 22, 23, 24]],
  ['segment', [31, 32]],
  ['always', [41, 42]],
])('what a process has written with sync %s is delivered by the next one after kill -9', async (sync, seeds) => {
  let delivered = 0;
  for (const seed of seeds) {
    const { problems, sentAfter } = await killedRun(seed, sync);
    expect(problems, `seed ${seed}`).toEqual([]);
    delivered += sentAfter;
  }
  expect(delivered).toBeGreaterThan(0);
});
