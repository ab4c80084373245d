import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markdownTable } from '../../bench/src/report/markdown-table.ts';
import { hasGeneratedSection, writeGeneratedSection } from '../../scripts/generated-section.ts';
import type { InstrumentedLine } from './install.ts';
import { LoadedApplications, type Registration, type Seen } from './loading/loaded-applications.ts';
import { type WayToLoad, waysToLoad } from './loading/ways-to-load.ts';
import { NODE } from './node.ts';

/** npm asks its registry the first time. */
const INSTALL_MILLIS = 240_000;
const LINES: readonly InstrumentedLine[] = ['auto2', 'auto3'];
const TABLE = 'docs/loaders.md';

/** All that the instrumentations make of one request with one middleware. */
const COMPLETE: Seen = {
  server: ['GET /books/:title'],
  middleware: 5,
  client: 1,
  logRecords: 1,
  logRecordsInTrace: 1,
  code: 0,
};

const version = execFileSync(NODE, ['--version'], { encoding: 'utf8' }).trim().slice(1);
const ways = waysToLoad(version);
const section = `Node ${version.split('.', 2).join('.')}`;

let applications: LoadedApplications;
beforeAll(async () => {
  applications = await LoadedApplications.create();
}, INSTALL_MILLIS);
afterAll(() => applications.remove());

const seen = new Map<string, Promise<Seen>>();

/** Several of our ways may correspond to one of upstream's. */
function see(way: WayToLoad, line: InstrumentedLine, registration: Registration): Promise<Seen> {
  const flag = registration === 'ours' ? [way.flag, way.title] : [way.upstream, way.loader, way.command];
  const key = JSON.stringify([registration, line, way.folder, way.app, flag]);
  const known = seen.get(key) ?? applications.run(way, line, registration);
  seen.set(key, known);
  return known;
}

/** A complete result, or one that lacks only what upstream lacks. */
function expected(upstream: Seen): Seen {
  return {
    server: upstream.server.join() === 'GET' ? upstream.server : COMPLETE.server,
    middleware: Math.min(upstream.middleware, COMPLETE.middleware),
    client: Math.min(upstream.client, COMPLETE.client),
    logRecords: Math.min(upstream.logRecords, COMPLETE.logRecords),
    logRecordsInTrace: Math.min(upstream.logRecordsInTrace, COMPLETE.logRecordsInTrace),
    code: 0,
  };
}

/** The table cell: the number of each kind, or that the application does not start. */
function cell({ server, middleware, client, logRecords, logRecordsInTrace, code }: Seen): string {
  if (code !== 0) return 'does not start';
  const trace = logRecords === logRecordsInTrace ? '' : ', without its trace';
  return `${server.map((name) => `\`${name}\``).join(', ')}; ${middleware} middleware, ${client} client; ${logRecords} log record${trace}`;
}

describe(`on Node ${version}, an application that is`, () => {
  it.each(ways.flatMap((way) => LINES.map((line) => ({ way, line, application: way.application, title: way.title }))))(
    '$application, loaded by $title, $line, has at least the spans and log records that upstream makes',
    async ({ way, line }) => {
      const [ours, upstream] = await Promise.all([see(way, line, 'ours'), see(way, line, 'upstream')]);
      const least = expected(upstream);
      expect([COMPLETE, least]).toContainEqual(ours);
    },
  );

  // Other releases of Node have no table.
  it.runIf(hasGeneratedSection(TABLE, section))(`has its row in ${TABLE}`, async () => {
    const rows: string[][] = [
      ['application', 'loaded by', 'Spillway', 'upstream'],
      ['---', '---', '---', '---'],
    ];
    for (const way of ways) {
      const cells = await Promise.all(
        LINES.map(
          async (line) => [cell(await see(way, line, 'ours')), cell(await see(way, line, 'upstream'))] as const,
        ),
      );
      const [two, three] = cells as [readonly [string, string], readonly [string, string]];
      const both = [0, 1].map((at) => (two[at] === three[at] ? two[at]! : `2.x: ${two[at]}<br>3.x: ${three[at]}`));
      rows.push([way.application, way.title, ...both]);
    }
    const isDry = process.env['UPDATE_TABLES'] === undefined;
    const isChanged = writeGeneratedSection(TABLE, section, markdownTable(rows), isDry);
    expect(isChanged && isDry, `write it with UPDATE_TABLES=1 npx vitest run --root test/compat loaders`).toBe(false);
  });
});
