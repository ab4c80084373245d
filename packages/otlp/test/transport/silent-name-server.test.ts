import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('silent-names.ts', import.meta.url));
/** With its own loopback interface and /etc/resolv.conf. Works for users other than root if the kernel allows it. */
const NAMESPACE = [
  '--map-root-user',
  '--net',
  '--mount',
  'sh',
  '-c',
  'ip link set lo up && mount --bind "$1" /etc/resolv.conf && shift && exec "$@"',
  'sh',
];

interface Report {
  readonly lookedUp: number;
  readonly answered: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly code: number | null;
  readonly stderr: string;
  readonly exitMillis: number;
}

let folder: string;
let resolverFile: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'silent-name-server-'));
  resolverFile = join(folder, 'resolv.conf');
  writeFileSync(resolverFile, 'nameserver 127.0.0.1\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(answeredQuestions: number): Promise<Report> {
  const { stdout } = await promisify(execFile)('unshare', [
    ...NAMESPACE,
    resolverFile,
    process.execPath,
    PROGRAM,
    String(answeredQuestions),
    '4000',
  ]);
  return JSON.parse(stdout) as Report;
}

const canHaveNamespaces = spawnSync('unshare', [...NAMESPACE, '/etc/hosts', 'true']).status === 0;

// Needs Linux with `unshare`, `ip`, and namespaces for this user.
describe.skipIf(!canHaveNamespaces).concurrent('a name server that does not answer for the collector', () => {
  it('affects neither the look-ups of the application nor its exit', async () => {
    const report = await run(0);
    expect(report.lookedUp).toBeGreaterThan(20);
    expect(report.lookedUp - report.answered).toBeLessThanOrEqual(1);
    expect(Object.keys(report.outcomes)).toEqual([
      'no connection to collector.test:4318 (EAI_AGAIN): no name server answers for collector.test',
    ]);
    expect(report).toMatchObject({ code: 0, stderr: '' });
    expect(report.exitMillis).toBeLessThan(1_000);
  });

  it('does not stop deliveries to an address that it returned before', async () => {
    const report = await run(8);
    expect(report.lookedUp - report.answered).toBeLessThanOrEqual(1);
    // Two before it was silent, and then more than two for each of two signals, each after more than a second.
    expect(Object.keys(report.outcomes)).toEqual(['delivered']);
    expect(report.outcomes['delivered']).toBeGreaterThan(5);
    expect(report).toMatchObject({ code: 0, stderr: '' });
    expect(report.exitMillis).toBeLessThan(1_000);
  });
});
