import { describe, it } from 'vitest';
import { FAULTS } from './faults.ts';
import { measureFault } from './measure-fault.ts';
import { TEST_PACE } from './pace.ts';

// Longer than any recovery may take, to distinguish a slow recovery from none.
const OPTIONS = { timeout: 60_000 };

const NO_PROBLEMS = [
  { signal: 'traces', problems: [] },
  { signal: 'logs', problems: [] },
];

// A small version of the table in docs/reliability.md. The definition of each fault says what it must and may cause.
// Apart from that, no item is lost or sent twice without a reason, the accounting law is obeyed, the limit is kept, and
// the pipeline recovers.
describe('spans and log records survive, within the limit, the fault', () => {
  describe.concurrent('(run concurrently)', () => {
    it.for(FAULTS.filter(({ runsAlone }) => runsAlone !== true))('$name', OPTIONS, async (fault, { expect }) => {
      const outcomes = await measureFault(fault, TEST_PACE);
      expect(outcomes.map(({ signal, problems }) => ({ signal, problems }))).toEqual(NO_PROBLEMS);
    });
  });

  describe('(run alone)', () => {
    it.for(FAULTS.filter(({ runsAlone }) => runsAlone === true))('$name', OPTIONS, async (fault, { expect }) => {
      const outcomes = await measureFault(fault, TEST_PACE);
      expect(outcomes.map(({ signal, problems }) => ({ signal, problems }))).toEqual(NO_PROBLEMS);
    });
  });
});
