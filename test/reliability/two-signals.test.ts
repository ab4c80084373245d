import { expect, it } from 'vitest';
import { measureOutages, outageProblems } from './two-signals.ts';

it('spans and log records are both delivered again within a second or two of the end of an outage', async () => {
  const outages = await measureOutages('ours', { count: 10, shortestMillis: 500, longestMillis: 3_000 });
  expect(outageProblems(outages)).toEqual([]);
});
