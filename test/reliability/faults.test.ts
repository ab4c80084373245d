import { describe, it } from 'vitest';
import { FAULTS } from './faults.ts';
import { measureFault } from './measure-fault.ts';
import { TEST_PACE } from './pace.ts';

// Longer than any recovery may take, so that one which does not come is told from one that is slow.
const OPTIONS = { timeout: 60_000 };

const NO_PROBLEMS = [{ signal: 'traces', problems: [] }, { signal: 'logs', problems: [] }];

// The table in docs/reliability.md in small. What a fault has to do, and may do, is said where it is defined; besides, nothing
// is lost or sent twice without a reason, the accounting law holds, the limit is kept, and the pipeline recovers.
describe('spans and log records come through, within the limit, when', () => {
  describe.concurrent('beside others', () => {
    it.for(FAULTS.filter(({ runsAlone }) => runsAlone !== true))('$name', OPTIONS, async (fault, { expect }) => {
      const outcomes = await measureFault(fault, TEST_PACE);
      expect(outcomes.map(({ signal, problems }) => ({ signal, problems }))).toEqual(NO_PROBLEMS);
    });
  });

  describe('alone', () => {
    it.for(FAULTS.filter(({ runsAlone }) => runsAlone === true))('$name', OPTIONS, async (fault, { expect }) => {
      const outcomes = await measureFault(fault, TEST_PACE);
      expect(outcomes.map(({ signal, problems }) => ({ signal, problems }))).toEqual(NO_PROBLEMS);
    });
  });
});
