import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../collector/src/index.ts';
import { ifInstallable, installed, installedAlone } from './install.ts';
import { NODE } from './node.ts';

/** npm asks its registry the first time, and a bundler takes some seconds for each file. */
const SET_UP_MILLIS = 300_000;
const PATIENCE_MILLIS = 120_000;
const HERE = fileURLToPath(new URL('bundlers', import.meta.url));
const BUNDLERS = ['esbuild to CommonJS', 'esbuild to an ES module', 'webpack', 'rollup', 'ncc'];

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

/** The only line says what runs. */
const ALL_IS_WELL = /^otel info: Spillway ships traces to [^\n]*\n$/;
const TOLD = /the application is bundled.* write this instead of importing @spillway\/node\/register:\n([^]*)$/;

const execute = promisify(execFile);
const { folder: bundlers = '', problem } = await ifInstallable(installedAlone('bundlers'));
if (problem !== undefined) console.log(`SKIPPED: applications in one file (${problem})`);

describe.skipIf(problem !== undefined).each(BUNDLERS)(
  'an application that is put into one file by %s',
  { timeout: PATIENCE_MILLIS },
  (bundler) => {
    let scratch: string;
    let sources: string;
    let collector: Collector;
    /** The application that only imports the registration. */
    let untold: Ended;
    /** The same application with the set-up that it is told to write. */
    let file: string;

    beforeAll(async () => {
      scratch = await mkdtemp(join(tmpdir(), 'spillway-bundled-'));
      // Below the folder with the packages, so that the bundler finds them, and nothing else does.
      sources = await mkdtemp(join(await installed('otel3'), 'sources-'));
      await cp(join(HERE, 'traced.mjs'), join(sources, 'traced.mjs'));
      await cp(join(HERE, 'bundle.mjs'), join(bundlers, 'bundle.mjs'));
      untold = await start(await bundled('registered', "import '@spillway/node/register';"), {});
      const [, told = ''] = TOLD.exec(untold.stderr) ?? [];
      file = await bundled('started', withSpool(told));
    }, SET_UP_MILLIS);

    afterAll(() => Promise.all([scratch, sources].map((folder) => rm(folder, { recursive: true }))));

    beforeEach(async () => {
      collector = await startCollector();
    });

    afterEach(() => collector.close());

    /** @returns the file that has the set-up, an application, and all packages */
    async function bundled(name: string, setUp: string): Promise<string> {
      await writeFile(join(sources, `${name}-set-up.mjs`), setUp);
      const entry = join(sources, `${name}.mjs`);
      await writeFile(entry, `import './${name}-set-up.mjs';\nimport './traced.mjs';\n`);
      const output = await mkdtemp(join(scratch, 'output-'));
      const { stdout } = await execute(NODE, ['bundle.mjs', bundler, entry, output], { cwd: bundlers });
      return stdout.trim();
    }

    function start(program: string, variables: Readonly<Record<string, string>>): Promise<Ended> {
      const options = {
        cwd: scratch,
        env: { PATH: process.env['PATH'] ?? '', ...variables },
        timeout: PATIENCE_MILLIS,
      };
      return new Promise((resolve) => {
        const child = execFile(NODE, [program], options, (_, __, stderr) => resolve({ code: child.exitCode, stderr }));
      });
    }

    const run = (variables: Readonly<Record<string, string>> = {}): Promise<Ended> =>
      start(file, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...variables });

    function expectAllSignals(): void {
      expect(collector.spans().map(({ span }) => span.name)).toEqual(['order']);
      expect(collector.logRecords().map(({ logRecord }) => logRecord.body?.stringValue)).toEqual(['order placed']);
      expect(collector.totalOf('orders')).toBe(1);
    }

    it('runs on if it has only the registration, and is told what to write', () => {
      expect(untold.code).toBe(0);
      expect(untold.stderr).toMatch(TOLD);
    });

    it('delivers all signals if that is written as it is told, and logs no problem', async () => {
      const { code, stderr } = await run();
      expect(stderr).toMatch(ALL_IS_WELL);
      expect(code).toBe(0);
      expectAllSignals();
    });

    // A process has one second for that, so a busy machine may need another try.
    it('ships all signals at process.exit(), by the child program that is within the file', { retry: 5 }, async () => {
      const { code, stderr } = await run({ END: 'exit' });
      expect(stderr).toMatch(ALL_IS_WELL);
      expect(code).toBe(3);
      expectAllSignals();
    });

    it('sends JSON, whose code it loads late', async () => {
      const { stderr } = await run({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' });
      expect(stderr).toMatch(ALL_IS_WELL);
      expectAllSignals();
    });

    it('serves the live page, whose program is within the file', async () => {
      const { stderr } = await run({ SPILLWAY_ZPAGES_PORT: '0', END: 'page' });
      expect(stderr).toMatch(/^otel info: Spillway serves its live page at http:\/\/127\.0\.0\.1:\d+\/$/m);
      expectAllSignals();
    });

    it('stores what is left in a spool, which the next process sends', async () => {
      const SPILLWAY_SPOOL_DIRECTORY = await mkdtemp(join(scratch, 'spool-'));
      const { stderr } = await run({ END: 'exit', SPILLWAY_SPOOL_DIRECTORY });
      expect(stderr).toMatch(/stored 3 items in the spool as the process ended/);
      expect(collector.counts().requests).toBe(0);
      await run({ SPILLWAY_SPOOL_DIRECTORY, END: 'spool' });
      expect(collector.countsOf('traces').unique).toBe(2);
      expect(collector.totalOf('orders')).toBeGreaterThanOrEqual(1);
    });
  },
);

/** `@spillway/spool` is one of the modules that may be given as well. */
function withSpool(setUp: string): string {
  return `import * as spool from '@spillway/spool';\n${setUp.replace('start({ sdk: {', "start({ sdk: { '@spillway/spool': spool,")}`;
}
