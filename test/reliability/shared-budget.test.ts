import { expect, it } from 'vitest';
import { measureSharedBudget } from './shared-budget.ts';

it.concurrent.each(['traces', 'logs'] as const)(
  'a pipeline loses no item if another pipeline, whose collector is gone, fills their memory budget (%s)',
  async (signal) => {
    const { problems } = await measureSharedBudget(signal);
    expect(problems).toEqual([]);
  },
);
