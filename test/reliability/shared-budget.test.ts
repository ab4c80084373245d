import { expect, it } from 'vitest';
import { measureSharedBudget } from './shared-budget.ts';

it.concurrent.each(['traces', 'logs'] as const)('a pipeline loses nothing to another one that fills their memory budget because its collector is gone (%s)', async (signal) => {
  const { problems } = await measureSharedBudget(signal);
  expect(problems).toEqual([]);
});
