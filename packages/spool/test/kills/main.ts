/**
 * `npm run spool:crashes -- --runs 200 --seed 1`: kills processes at random moments, with each sync mode in turn, and reports
 * what the next process delivers. Exits with 1 if anything is unexplained.
 */
import { parseArgs } from 'node:util';
import { SYNC_MODES } from '../../src/index.ts';
import { killedRun } from './killed-run.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
});
const runs = Number(values.runs);
const sums = new Map<string, number[]>();
let problems = 0;
for (let run = 0; run < runs; run += 1) {
  const sync = SYNC_MODES[run % SYNC_MODES.length] ?? 'interval';
  const seed = Number(values.seed) + run;
  const result = await killedRun(seed, sync);
  for (const problem of result.problems) console.error(`seed ${seed}, sync ${sync}: ${problem}`);
  problems += result.problems.length;
  const { stored, storedNow, sentBefore, sentAfter, sentTwice, unwritten } = result;
  const sum = sums.get(sync) ?? [0, 0, 0, 0, 0, 0, 0];
  sums.set(
    sync,
    [1, stored, storedNow, sentBefore, sentAfter, sentTwice, unwritten].map(
      (value, index) => value + (sum[index] ?? 0),
    ),
  );
}
console.log('sync      runs  stored   (now)  sent before  sent after  sent twice  in memory when killed');
for (const [sync, sum] of sums) {
  const [count = 0, stored = 0, now = 0, before = 0, after = 0, twice = 0, unwritten = 0] = sum;
  console.log(
    sync.padEnd(8),
    String(count).padStart(5),
    String(stored).padStart(7),
    String(now).padStart(7),
    String(before).padStart(12),
    String(after).padStart(11),
    String(twice).padStart(11),
    String(unwritten).padStart(22),
  );
}
console.log(`${runs} runs, ${problems} unexplained`);
process.exitCode = problems === 0 ? 0 : 1;
