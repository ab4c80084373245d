import { describe, expect, it } from 'vitest';
import { OUTAGE_FORMS } from './outage-forms.ts';
import { measureOutages, outageProblems } from './outages.ts';
import { WIRES } from '../faults/wire.ts';

const LENGTHS = { count: 10, shortestMillis: 500, longestMillis: 3_000, seed: 1 };

describe.each(WIRES)('over %s, both spans and log records are delivered again within two seconds', (wire) => {
  it.each(OUTAGE_FORMS.filter(({ wires }) => wires.includes(wire)))(
    'after outages of a collector. $name',
    async (form) => {
      expect(outageProblems(await measureOutages('ours', wire, [form], LENGTHS))).toEqual([]);
    },
  );
});
