import { describe, expect, it } from 'vitest';
import { measureSharedBudget } from './shared-budget.ts';
import { WIRES } from '../faults/wire.ts';

describe.each(WIRES)('over %s', (wire) => {
  it.concurrent.each(['traces', 'logs'] as const)(
    'a pipeline loses no item if another pipeline, whose collector is gone, fills their memory budget (%s)',
    async (signal) => {
      const { problems } = await measureSharedBudget(signal, wire);
      expect(problems).toEqual([]);
    },
  );
});
