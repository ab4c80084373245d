import { expect, it } from 'vitest';
import { canHaveNameServer, exitProblems, measureSilentName } from './silent-names.ts';

const MILLIS = 4_000;

it("an application's look-ups are answered and its process.exit() is prompt while no name server answers for the collector", async ({
  skip,
}) => {
  skip(!(await canHaveNameServer()), 'needs the right to make namespaces of the network and of mounts');
  expect(exitProblems(await measureSilentName('ours', MILLIS))).toEqual([]);
});
