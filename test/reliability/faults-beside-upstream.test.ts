import { describe, it } from 'vitest';
import { FAULTS_BESIDE_UPSTREAM } from './faults-beside-upstream.ts';
import { measureFault } from './measure-fault.ts';
import { TEST_PACE } from './pace.ts';
import { WIRES } from '../faults/wire.ts';

// Longer than any recovery may take, to distinguish a slow recovery from none.
const OPTIONS = { timeout: 60_000 };

const NO_PROBLEMS = [
  { signal: 'traces', problems: [] },
  { signal: 'logs', problems: [] },
];

// The definition of each fault says what it may cost: one poison item, and otherwise nothing.
describe.each(WIRES)('over %s, all other items keep flowing, and held items arrive, with the fault', (wire) => {
  describe.concurrent('(run concurrently)', () => {
    it.for(FAULTS_BESIDE_UPSTREAM)('$name', OPTIONS, async (fault, { expect }) => {
      const outcomes = await measureFault(fault, TEST_PACE, wire);
      expect(outcomes.map(({ signal, problems }) => ({ signal, problems }))).toEqual(NO_PROBLEMS);
    });
  });
});
