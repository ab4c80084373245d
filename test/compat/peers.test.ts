import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startCollector } from '../collector/src/index.ts';
import { installed, npm, tarballsIn } from './install.ts';

/** npm asks its registry the first time. */
const INSTALL_MILLIS = 120_000;
const OPENTELEMETRY_2 = {
  '@opentelemetry/api-logs': '0.223.1',
  '@opentelemetry/sdk-logs': '0.223.1',
  '@opentelemetry/sdk-metrics': '2.12.1',
  '@opentelemetry/sdk-trace-base': '2.12.1',
};
const OPENTELEMETRY_1 = {
  '@opentelemetry/api-logs': '0.57.2',
  '@opentelemetry/sdk-logs': '0.57.2',
  '@opentelemetry/sdk-trace-base': '1.30.1',
};

const run = promisify(execFile);
let otel2: string;
let tarballs: readonly string[];

beforeAll(async () => {
  otel2 = await installed('otel2');
  tarballs = await tarballsIn(otel2);
}, INSTALL_MILLIS);

/** A new application, without our packages. */
async function application(dependencies: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-peers-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'shop', dependencies }));
  await cp(join(otel2, 'app.mjs'), join(folder, 'app.mjs'));
  return folder;
}

/** Runs `app.mjs` with the registration, as users would. */
async function runApp(folder: string) {
  await using collector = await startCollector();
  const env = { PATH: process.env['PATH'] ?? '', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const { stdout, stderr } = await run(process.execPath, ['--import', '@spillway/node/register', 'app.mjs'], {
    cwd: folder,
    env,
    timeout: 15_000,
  });
  return {
    stdout,
    complaints: stderr.split('\n').filter((line) => /^otel (warn|error): /.test(line)),
    items: collector.counts().items,
  };
}

describe('npm install of the packages', { timeout: INSTALL_MILLIS }, () => {
  it('is refused next to an api that is too old, before anything runs', async () => {
    const folder = await application({ '@opentelemetry/api': '1.8.0' });
    const refusal: unknown = await npm(['install', '--dry-run', ...tarballs], folder).catch((error: unknown) => error);
    expect((refusal as { readonly stderr?: string }).stderr).toMatch(
      /ERESOLVE[^]*Found: @opentelemetry\/api@1\.8\.0[^]*peer @opentelemetry\/api@">=1\.9\.0 <1\.11\.0"/,
    );
  });

  it('is accepted next to the newest api', async () => {
    const folder = await application({ '@opentelemetry/api': '1.10.0' });
    await expect(npm(['install', '--dry-run', ...tarballs], folder)).resolves.toBeUndefined();
  });

  it('is accepted next to the oldest api, and the packages work', async () => {
    const folder = await application({ '@opentelemetry/api': '1.9.0', ...OPENTELEMETRY_2 });
    await npm(['install', ...tarballs], folder);
    expect(await runApp(folder)).toEqual({ stdout: 'done\n', complaints: [], items: 5 });
  });

  it('is accepted next to an SDK that is too old, the start logs that, and the application runs on', async () => {
    const folder = await application({ '@opentelemetry/api': '1.9.1', ...OPENTELEMETRY_1 });
    await npm(['install', ...tarballs], folder);
    const { stdout, complaints, items } = await runApp(folder);
    expect({ stdout, items }).toEqual({ stdout: 'done\n', items: 0 });
    expect(complaints).toEqual([
      expect.stringMatching(
        /sdk-trace-base 1\.30\.1 and @opentelemetry\/sdk-logs 0\.57\.2 cannot be used.*npm install @opentelemetry\/sdk-trace@\^3\.0\.0 .*@opentelemetry\/sdk-logs@\^3\.0\.0/,
      ),
    ]);
  });
});
