import { describe, it } from 'vitest';
import { FAULTS } from './faults.ts';
import { measureFault } from './measure-fault.ts';
import { TEST_PACE } from './pace.ts';
import { happensOver } from './reliability-fault.ts';
import { WIRES } from '../faults/wire.ts';

// Longer than any recovery may take, to distinguish a slow recovery from none.
const OPTIONS = { timeout: 60_000 };

const NO_PROBLEMS = [
  { signal: 'traces', problems: [] },
  { signal: 'logs', problems: [] },
];

// A small version of the table in docs/reliability.md. The definition of each fault says what it must and may cause.
// Apart from that, no item is lost or sent twice without a reason, the accounting law is obeyed, the limit is kept, and
// the pipeline recovers.
describe.each(WIRES)('over %s, spans and log records survive, within the limit, the fault', (wire) => {
  const faults = FAULTS.filter((fault) => happensOver(wire, fault));

  describe.concurrent('(run concurrently)', () => {
    it.for(faults.filter(({ runsAlone }) => runsAlone !== true))('$name', OPTIONS, async (fault, { expect }) => {
      const outcomes = await measureFault(fault, TEST_PACE, wire);
      expect(outcomes.map(({ signal, problems }) => ({ signal, problems }))).toEqual(NO_PROBLEMS);
    });
  });

  describe('(run alone)', () => {
    it.for(faults.filter(({ runsAlone }) => runsAlone === true))('$name', OPTIONS, async (fault, { expect }) => {
      const outcomes = await measureFault(fault, TEST_PACE, wire);
      expect(outcomes.map(({ signal, problems }) => ({ signal, problems }))).toEqual(NO_PROBLEMS);
    });
  });
});
