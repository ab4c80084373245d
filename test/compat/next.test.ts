import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../collector/src/index.ts';
import { ifInstallable, installedWithOurs } from './install.ts';
import { NODE } from './node.ts';

/** npm asks its registry the first time, and Next compiles for a minute or two. */
const BUILD_MILLIS = 600_000;
const PATIENCE_MILLIS = 120_000;
const APPLICATION = fileURLToPath(new URL('next', import.meta.url));

const run = promisify(execFile);
const { folder = '', problem } = await ifInstallable(installedWithOurs('next'));
if (problem !== undefined) console.log(`SKIPPED: an application of Next (${problem})`);

describe.skipIf(problem !== undefined)(
  'an application of Next, built as standalone,',
  { timeout: PATIENCE_MILLIS },
  () => {
    let collector: Collector;
    let server: ChildProcess | undefined;
    let url: string;

    beforeAll(async () => {
      await cp(APPLICATION, folder, { recursive: true, filter: (path) => !path.endsWith('.json') });
      const env = { PATH: process.env['PATH'] ?? '', NEXT_TELEMETRY_DISABLED: '1' };
      await run(NODE, ['node_modules/next/dist/bin/next', 'build'], { cwd: folder, env });
      collector = await startCollector();
      server = spawn(NODE, ['server.js'], {
        cwd: join(folder, '.next/standalone'),
        env: { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, HOSTNAME: '127.0.0.1', PORT: '0' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      url = await addressOf(server);
    }, BUILD_MILLIS);

    afterAll(async () => {
      server?.kill('SIGKILL');
      await collector.close();
    });

    const namesOf = (): string[] => collector.spans().map(({ span }) => span.name ?? '');
    const bodies = (): unknown[] => collector.logRecords().map(({ logRecord }) => logRecord.body?.stringValue);

    it('delivers the spans and log records of a route at the edge, after its answer', async () => {
      const response = await fetch(`${url}/api/edge`);
      expect(await response.text()).toBe('ordered');
      await collector.until(
        () => namesOf().includes('order at the edge') && bodies().includes('order placed at the edge'),
      );
    });

    it('makes no span of its own requests, although Next traces every fetch', async () => {
      const made = namesOf().length;
      await fetch(`${url}/api/edge`);
      await collector.until(() => namesOf().filter((name) => name === 'order at the edge').length === 2);
      expect(namesOf().length).toBeGreaterThan(made);
      expect(namesOf().filter((name) => name.includes(collector.url))).toEqual([]);
    });

    it('delivers the spans of Next and all signals of a route in Node, at the latest when SIGTERM ends it', async () => {
      const response = await fetch(`${url}/api/node`);
      expect(await response.text()).toBe('ordered');
      server?.kill('SIGTERM');
      await once(server as ChildProcess, 'exit');
      expect(namesOf()).toEqual(expect.arrayContaining(['order in Node', 'GET /api/node']));
      expect(bodies()).toContain('order placed in Node');
      expect(collector.totalOf('orders')).toBe(1);
    });
  },
);

/** The address that Next prints. @throws (rejects) if it ends before */
async function addressOf(server: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: server.stdout! })) {
    const address = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (address !== undefined) return address;
  }
  throw new Error('Next has ended before it listened');
}
