import { expect, it } from 'vitest';
import { WIRES } from '../../faults/wire.ts';
import { canHaveNameServer, exitProblems, measureSilentName } from './silent-names.ts';

const MILLIS = 4_000;

it.for(WIRES)(
  "an application's look-ups are answered and its process.exit() is prompt while no name server answers for the collector (%s)",
  async (wire, { skip }) => {
    skip(!(await canHaveNameServer()), 'needs the right to make namespaces of the network and of mounts');
    expect(exitProblems(await measureSilentName('ours', wire, MILLIS))).toEqual([]);
  },
);
