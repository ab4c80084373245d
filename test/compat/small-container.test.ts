import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  COLLECTORS,
  CONTAINED_ENDS,
  ContainedApplications,
  type ContainedEnd,
  type SeenContainedEnd,
} from './ends/contained-applications.ts';
import { MemoryContainer } from './ends/memory-container.ts';

/** npm asks its registry the first time. */
const INSTALL_MILLIS = 120_000;
const LIMIT_MEBIBYTES = 256;
/** As docs/end-of-process.md and the README of `@spillway/node` promise, whatever the application holds. */
const MOST_GROWTH_BYTES = 24 * 2 ** 20;

const { obstacle } = MemoryContainer;
if (obstacle !== undefined) console.log(`SKIPPED: ends in a small container (${obstacle})`);

let applications: ContainedApplications;
beforeAll(async () => {
  if (obstacle === undefined) applications = await ContainedApplications.create();
}, INSTALL_MILLIS);
afterAll(async () => applications?.remove());

const bareEnds = new Map<ContainedEnd, Promise<SeenContainedEnd>>();

/** The same end without Spillway, so the collector does not matter. */
function bareEnd(way: ContainedEnd): Promise<SeenContainedEnd> {
  const known =
    bareEnds.get(way) ??
    applications.run(way, { limitMebibytes: LIMIT_MEBIBYTES, collector: 'is not there', isBare: true });
  bareEnds.set(way, known);
  return known;
}

let delivered = 0;

const combinations = CONTAINED_ENDS.flatMap((way) =>
  COLLECTORS.map((collector) => ({ way, name: way.name, collector })),
);

describe.skipIf(obstacle !== undefined)(
  `in a container of ${LIMIT_MEBIBYTES} MiB, with full queues of both signals by default`,
  () => {
    it.concurrent.each(combinations)(
      '$name, the collector $collector: the process ends as it would without Spillway, within its memory',
      async ({ way, collector }) => {
        const bare = await bareEnd(way);
        const end = await applications.run(way, { limitMebibytes: LIMIT_MEBIBYTES, collector });
        expect({ code: end.code, signal: end.signal, oomKills: end.oomKills }).toEqual({
          code: bare.code,
          signal: bare.signal,
          oomKills: 0,
        });
        expect(end.peakBytes - end.beforeBytes).toBeLessThan(MOST_GROWTH_BYTES);
        delivered += end.delivered;
      },
    );

    // How much is delivered depends on the machine, because programs run in parallel here.
    it('some items are delivered', () => {
      expect(delivered).toBeGreaterThan(0);
    });
  },
);
