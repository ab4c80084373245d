import { describe, it } from 'vitest';
import { FAULTS_BESIDE_UPSTREAM } from './faults-beside-upstream.ts';
import { measureFault } from './measure-fault.ts';
import { TEST_PACE } from './pace.ts';

// Longer than any recovery may take, so that one which does not come is told from one that is slow.
const OPTIONS = { timeout: 60_000 };

const NO_PROBLEMS = [{ signal: 'traces', problems: [] }, { signal: 'logs', problems: [] }];

// What each fault may cost is said where it is defined: one poison item, and otherwise nothing.
describe('everything else flows on, and what was held arrives, when', () => {
  describe.concurrent('beside others', () => {
    it.for(FAULTS_BESIDE_UPSTREAM)('$name', OPTIONS, async (fault, { expect }) => {
      const outcomes = await measureFault(fault, TEST_PACE);
      expect(outcomes.map(({ signal, problems }) => ({ signal, problems }))).toEqual(NO_PROBLEMS);
    });
  });
});
