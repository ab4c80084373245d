import { expect, it } from 'vitest';
import { measureOutages, outageProblems } from './two-signals.ts';

it('both spans and log records are delivered again within two seconds after an outage', async () => {
  const outages = await measureOutages('ours', { count: 10, shortestMillis: 500, longestMillis: 3_000 });
  expect(outageProblems(outages)).toEqual([]);
});
