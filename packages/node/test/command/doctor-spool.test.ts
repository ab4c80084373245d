import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startCollector } from '../../../../test/collector/src/index.ts';
import { useTemporaryFolder } from '../temporary-folder.ts';
import { run } from './run.ts';
import { store } from './stored-items.ts';

const { file, path: pathOf } = useTemporaryFolder();

interface Examined {
  readonly code: number;
  readonly out: string;
  readonly spool?: { readonly isOk: boolean; readonly found: readonly string[]; readonly warnings: readonly string[] };
}

/** Everything else is well. */
async function examined(env: Readonly<Record<string, string>>): Promise<Examined> {
  await using collector = await startCollector();
  const all = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env };
  const { code, out } = await run(['doctor'], all);
  const json = JSON.parse((await run(['doctor', '--json'], all)).out) as Pick<Examined, 'spool'>;
  return { code, out, ...json };
}

it('the doctor says nothing about a spool if none is configured', async () => {
  const { code, out, spool } = await examined({});
  expect({ code, spool }).toEqual({ code: 0, spool: undefined });
  expect(out).not.toMatch(/^spool in/m);
});

it('the doctor finds that the folder of a spool can be made, and makes nothing', async () => {
  const directory = pathOf('not/yet');
  const { code, out, spool } = await examined({ SPILLWAY_SPOOL_DIRECTORY: directory });
  expect({ code, spool }).toMatchObject({
    code: 0,
    spool: {
      isOk: true,
      found: [`it does not exist yet, and can be made in ${pathOf('.')}`, 'nothing is stored in it'],
    },
  });
  expect(out).toContain(`\nspool in ${directory}\n  ok: it does not exist yet`);
  expect(existsSync(pathOf('not'))).toBe(false);
});

it('the doctor finds what is stored in a spool, and leaves nothing behind in its folder', async () => {
  const directory = pathOf('used');
  await store({ directory, spans: 10 });
  const { code, spool } = await examined({ SPILLWAY_SPOOL_DIRECTORY: directory });
  expect(code).toBe(0);
  expect(spool?.found).toEqual([
    'it can be written',
    expect.stringMatching(
      /^10 items, [\d.]+ (bytes|KiB) of 1 process are stored in it: npx @spillway\/node spool list/,
    ),
  ]);
  expect(readdirSync(directory)).toEqual(['shop']);
});

it('the doctor fails if the folder of a spool cannot be one, although everything else is well', async () => {
  const directory = join(file('in-its-place', ''), 'spool');
  const { code, out, spool } = await examined({ SPILLWAY_SPOOL_DIRECTORY: directory });
  expect(code).toBe(1);
  expect(spool).toMatchObject({
    isOk: false,
    found: [`${pathOf('in-its-place')} is not a folder. Items would be kept in memory only`],
  });
  expect(out).toContain(`spool in ${directory}\n  failed: `);
});

it('the doctor fails if the folder of a spool, or one above it, is a symbolic link to nothing', async () => {
  const link = pathOf('link');
  symlinkSync('nowhere', link);
  for (const directory of [link, join(link, 'below')]) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const { code, spool } = await examined({ SPILLWAY_SPOOL_DIRECTORY: directory });
    expect(code).toBe(1);
    expect(spool?.found).toEqual([
      `${link} is a symbolic link to ${pathOf('nowhere')}, which does not exist: make that folder, or remove the link. Items would be kept in memory only`,
    ]);
  }
});

it('the doctor warns of a disk that is smaller than the spool may become', async () => {
  const { code, spool } = await examined({
    SPILLWAY_SPOOL_DIRECTORY: pathOf('small'),
    SPILLWAY_SPOOL_MAX_BYTES: '4000TiB',
  });
  expect(code).toBe(0);
  expect(spool?.warnings).toContainEqual(
    expect.stringMatching(
      /^only [\d.]+ [GT]iB are free, and the spool may use 4000 TiB: .* Lower SPILLWAY_SPOOL_MAX_BYTES/,
    ),
  );
});

it('the doctor warns of a folder that other users may write to', async () => {
  const directory = pathOf('open');
  mkdirSync(directory);
  chmodSync(directory, 0o777);
  const { code, spool } = await examined({ SPILLWAY_SPOOL_DIRECTORY: directory });
  expect(code).toBe(0);
  expect(spool?.warnings).toContainEqual(`other users may write to it (mode 777): chmod 700 ${directory}`);
});

it.runIf(process.platform === 'linux')('the doctor says what a file system in memory is worth', async () => {
  const { code, out } = await examined({ SPILLWAY_SPOOL_DIRECTORY: '/dev/shm/spillway-doctor-test' });
  expect(code).toBe(0);
  expect(out).toContain('warning: it is in memory (tmpfs)');
});
