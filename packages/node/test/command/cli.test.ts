import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { startCollector } from '../../../../test/collector/src/index.ts';
import { bundle } from '../bundle.ts';
import { useTemporaryFolder } from '../temporary-folder.ts';
import { servers } from './servers.ts';

const folder = useTemporaryFolder();
beforeAll(() =>
  bundle(
    `import ${JSON.stringify(fileURLToPath(new URL('../../src/cli.ts', import.meta.url)))};`,
    folder.path('cli.mjs'),
  ),
);

async function cli(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [folder.path('cli.mjs'), ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, out, err, millis: performance.now() - startedAt };
}

describe('the command as a process', () => {
  it('is the only command of its package, so that npx runs it by the name of the package', async () => {
    const { bin } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
      bin: object;
    };
    expect(bin).toEqual({ spillway: 'dist/cli.js' });
    expect(await readFile(new URL('../../src/cli.ts', import.meta.url), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('exits with 0 if everything was accepted, and stays alive until then', async () => {
    await using collector = await startCollector();
    collector.setFault({ kind: 'latency', millis: 300 });
    expect(await cli(['doctor'], { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })).toMatchObject({ code: 0, err: '' });
    expect(collector.counts().requests).toBe(3);
  });

  it('exits with 1 in time if a server does not answer', async () => {
    const port = await servers.socket(() => {});
    const { code, out, millis } = await cli(['doctor', '--timeout', '300'], {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://localhost:${port}`,
    });
    expect(code).toBe(1);
    expect(out).toContain('did not answer within 300 ms');
    // The request, and two looks at the port, each up to a second.
    expect(millis).toBeLessThan(6_000);
  });

  it('exits with 0 for config whatever is set, and with 2 for wrong usage', async () => {
    expect(await cli(['config'], { SPILLWAY_STRATEGY: 'pray', OTEL_EXPORTER_OTLP_ENDPOINT: '::' })).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('warning SPILLWAY_STRATEGY="pray" is ignored'),
    });
    expect(await cli(['nonsense'])).toMatchObject({ code: 2, out: '' });
  });
});
