import { spawnSync } from 'node:child_process';
import { constants } from 'node:fs';
import { chmod, copyFile, link, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../../../../test/collector/src/index.ts';
import { useTemporaryFolder } from '../temporary-folder.ts';
import { type RunOptions, useEndingPrograms } from './ending-program.ts';

/** The limit of an end that ships, and as much again, since programs are slow beside others. */
const MOST_MILLIS = 2_000;

const isLinux = process.platform === 'linux';
const isRoot = process.getuid?.() === 0;
const hasLimits = isLinux && spawnSync('prlimit', ['--version']).error === undefined;
if (!isLinux) console.log('SKIPPED: ends of a process whose executable is gone (needs /proc/self/exe of Linux)');
if (!hasLimits) console.log('SKIPPED: ends of a process that may have no child (needs prlimit of Linux)');
else if (!isRoot) console.log('SKIPPED: ends of a process that has given up the rights of root (needs root)');

const FS = "process.getBuiltinModule('node:fs')";
const DIRECTORY = "process.getBuiltinModule('node:path').dirname(process.execPath)";
const WORKER = "const { Worker, isMainThread } = process.getBuiltinModule('node:worker_threads');";
const END = "process.stdout.write('ending\\n'); process.exit(3);";
/** As an upgrade does it: another file is moved into the place of the executable. */
const replaceBy = (text: string, mode: string) =>
  `${FS}.writeFileSync(process.execPath + '.new', ${JSON.stringify(text)}, { mode: ${mode} }); ${FS}.renameSync(process.execPath + '.new', process.execPath);`;
const limit = (option: string) =>
  `process.getBuiltinModule('node:child_process').execFileSync('prlimit', ['--pid', String(process.pid), '${option}']);`;
/** Root may have as many processes as it likes. */
const FORBID_CHILDREN = `${limit('--nproc=1:1')} ${isRoot ? 'process.setgid(65_534); process.setuid(65_534);' : ''}`;

/** A signal for a child without a process goes to some other process. */
const TELL_OF_STRAY_SIGNALS = `
  const { ChildProcess } = process.getBuiltinModule('node:child_process');
  ChildProcess.prototype.kill = function () { if (this.pid === undefined) process.stderr.write('stray signal\\n'); return false; };`;

const folder = useTemporaryFolder();
const programs = useEndingPrograms();
let collector: Collector;
let copies = 0;
beforeAll(() => copyFile(process.execPath, folder.path('node'), constants.COPYFILE_FICLONE));
beforeEach(async () => {
  await chmod(folder.path('node'), 0o755);
  collector = await startCollector();
});
afterEach(() => collector.close());

/** An executable of its own in a directory of its own, for a program to break. */
async function copyOfNode(): Promise<string> {
  const directory = folder.path(`bin.${(copies += 1)}`);
  await mkdir(directory);
  await link(folder.path('node'), join(directory, 'node'));
  return join(directory, 'node');
}

async function run(program: string, options: Partial<RunOptions> = {}) {
  return programs.run(program, { url: collector.url, env: { TEST_DIAG: 'yes' }, ...options });
}

const lossIn = (stderr: string) => stderr.split('\n').filter((line) => line.includes('as the process ended'));

describe.skipIf(!isLinux)('what is left is delivered, and nothing is said, by a process', () => {
  it.each([
    ['whose executable was deleted', `${FS}.rmSync(process.execPath);`],
    ['whose executable was deleted with its directory', `${FS}.rmSync(${DIRECTORY}, { recursive: true });`],
    ['whose executable was moved', `${FS}.renameSync(process.execPath, process.execPath + '.old');`],
    ['whose executable was replaced by another program', replaceBy('#!/bin/sh\necho ran >&2\n', '0o755')],
    ['whose executable was replaced by something that is none', replaceBy('not a program', '0o644')],
    ['that has changed process.execPath', "process.execPath = '/bin/echo';"],
    ['whose working directory was deleted', `${FS}.rmSync(process.cwd(), { recursive: true });`],
  ])('%s', async (_, change) => {
    // A relative path cannot be resolved once the folder is gone, and must not keep the child from starting.
    const env = { TEST_DIAG: 'yes', NODE_EXTRA_CA_CERTS: './authorities.pem' };
    const ending = await run(`emit(10); ${change} ${END}`, { executable: await copyOfNode(), env });
    expect(ending.code).toBe(3);
    expect(lossIn(ending.stderr)).toEqual([]);
    expect(collector.counts()).toMatchObject({ unique: 20, duplicates: 0 });
  });

  it.each([
    ['an exception', `emit(10); ${FS}.rmSync(process.execPath); throw new Error('boom');`, 1],
    [
      'process.exit() in a worker thread',
      `${WORKER} if (isMainThread) new Worker(process.argv[1]); else { emit(10); ${FS}.rmSync(process.execPath); process.exit(); }`,
      0,
    ],
  ])('whose executable was deleted, and that ends by %s', async (_, program, code) => {
    const ending = await run(program, { executable: await copyOfNode() });
    expect(ending.code).toBe(code);
    expect(lossIn(ending.stderr)).toEqual([]);
    expect(collector.counts()).toMatchObject({ unique: 20, duplicates: 0 });
  });

  it.skipIf(!isRoot)('that may not search the directory of its executable any more', async () => {
    const change = `${FS}.chmodSync(${DIRECTORY}, 0o700); process.setgid(65_534); process.setuid(65_534);`;
    const ending = await run(`emit(10); ${change} ${END}`, { executable: await copyOfNode() });
    expect(ending.code).toBe(3);
    expect(lossIn(ending.stderr)).toEqual([]);
    expect(collector.counts()).toMatchObject({ unique: 20, duplicates: 0 });
  });
});

describe.skipIf(!hasLimits)(
  'what is left is counted as lost, with the reason, and the process ends by its own exit code, if',
  () => {
    const refused = 'the process that ships them could not be started';
    const inWorker = (change: string) =>
      `${WORKER} if (isMainThread) { const worker = new Worker(process.argv[1]); worker.once('message', () => { ${change} worker.postMessage(''); }); worker.once('exit', (code) => process.exit(code)); } else { const { parentPort } = process.getBuiltinModule('node:worker_threads'); emit(10); parentPort.once('message', () => { ${END} }); parentPort.postMessage(''); }`;

    it.each([
      [
        'the system allows no more processes',
        `emit(10); ${FORBID_CHILDREN} ${END}`,
        `${refused}: the system allows no more processes (EAGAIN)`,
      ],
      [
        'the system allows no more processes to a worker thread',
        inWorker(FORBID_CHILDREN),
        `${refused}: the system allows no more processes (EAGAIN)`,
      ],
      [
        'it has too many open files',
        `emit(10); ${limit('--nofile=64:64')} try { for (;;) ${FS}.openSync('/dev/null'); } catch {} ${END}`,
        `${refused}: this process has too many open files (EMFILE)`,
      ],
      [
        'its executable may not be run any more',
        `emit(10); ${FS}.chmodSync(process.execPath, 0o600); ${END}`,
        `${refused}: the executable of this process may not be run (EACCES)`,
      ],
      [
        'its executable does not get as far as running Node',
        `emit(10); ${FS}.writeFileSync('broken.cnf', 'nodejs_conf = ['); process.env.OPENSSL_CONF = process.cwd() + '/broken.cnf'; ${END}`,
        `${refused}: /proc/self/exe did not run as Node`,
      ],
    ])('%s', async (_, program, reason) => {
      const ending = await run(program, { executable: await copyOfNode(), before: TELL_OF_STRAY_SIGNALS });
      expect(ending.stderr).not.toContain('stray signal');
      expect(lossIn(ending.stderr)).toEqual([
        `Spillway: lost 20 items as the process ended: 20 drain_timeout (${reason})`,
      ]);
      expect(ending).toMatchObject({ code: 3, signal: null });
      expect(ending.millis).toBeLessThan(MOST_MILLIS);
      expect(collector.counts().unique).toBe(0);
    });
  },
);
