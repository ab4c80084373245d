import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ending, Format } from '../../packages/node/test/process-end/ending-program.ts';
import { EndingApplications, FORMATS, LINES, type SeenEnd } from './ends/ending-applications.ts';
import { MADE_OF_EACH, type WayToEnd, WAYS_TO_END } from './ends/ways-to-end.ts';

/** npm asks its registry the first time. */
const INSTALL_MILLIS = 120_000;
/** Programs start slowly while others run, but they do not exceed a limit by this much. */
const SLACK_MILLIS = 1_000;
const MADE = 2 * MADE_OF_EACH;

let applications: EndingApplications;
let spools: string;

beforeAll(async () => {
  spools = mkdtempSync(join(tmpdir(), 'spillway-ends-spools-'));
  applications = await EndingApplications.create();
}, INSTALL_MILLIS);
afterAll(async () => {
  rmSync(spools, { recursive: true });
  await applications.remove();
});

/** The end as the parent sees it. */
const endOf = ({ code, signal, stdout }: Ending) => ({ code, signal, stdout });

const bareEnds = new Map<string, Promise<SeenEnd>>();

/** The same end without Spillway. It does not depend on the line, which is not loaded. */
function bareEnd(way: WayToEnd, format: Format): Promise<SeenEnd> {
  const key = `${way.name} ${format}`;
  const known = bareEnds.get(key) ?? applications.run(way, { line: 'otel3', format, isBare: true });
  bareEnds.set(key, known);
  return known;
}

const combinations = WAYS_TO_END.flatMap((way) =>
  LINES.flatMap((line) => FORMATS.map((format) => ({ way, name: way.name, line, format }))),
);

describe.concurrent('registered without code', () => {
  it.each(combinations)(
    '$name, $line, $format: everything is delivered, and the process ends as it would without Spillway',
    async ({ way, line, format }) => {
      const [bare, end] = [await bareEnd(way, format), await applications.run(way, { line, format })];
      expect({ ...endOf(end), stderr: end.stderr }).toEqual({ ...endOf(bare), stderr: bare.stderr });
      expect(end.delivered).toBe(way.losesEverything === true ? 0 : MADE);
      expect(end.counted).toBe(way.losesEverything === true ? 0 : MADE_OF_EACH);
      expect([bare.delivered, bare.counted]).toEqual([0, 0]);
    },
  );

  it.each(combinations.filter(({ way }) => way.losesEverything !== true))(
    '$name, $line, $format: without a collector, a spool has everything, and the next process delivers it',
    async ({ way, line, format }) => {
      const spool = join(spools, randomUUID());
      const end = await applications.run(way, { line, format, collector: 'absent', spool });
      expect(endOf(end)).toEqual(endOf(await bareEnd(way, format)));
      expect(await applications.replay({ line, format, spool })).toEqual({ delivered: MADE, counted: MADE_OF_EACH });
      expect(readdirSync(spool)).toEqual([]);
    },
  );

  it.each(combinations)(
    '$name, $line, $format: a collector that hangs delays the process no longer than the limit',
    async ({ way, line, format }) => {
      const end = await applications.run(way, { line, format, collector: 'hangs' });
      expect(end.millis).toBeLessThan(way.limitMillis + SLACK_MILLIS);
      expect(endOf(end)).toEqual(endOf(await bareEnd(way, format)));
    },
  );
});
