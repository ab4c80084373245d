import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Make } from '../make.ts';
import type { Wire } from '../../faults/wire.ts';

const KNOWN_NAME = 'application.test';
const COLLECTOR_URL = 'http://collector.test:4318';
/**
 * Separate namespaces: the name server has port 53, no other server is asked, and all processes end with the
 * application.
 */
const UNSHARE = ['--map-root-user', '--net', '--mount', '--pid', '--fork', '--kill-child'];
/** Configures name resolution to use only files and the name server. The remaining arguments are run. */
const PREPARE = `ip link set lo up && mount --bind "$1/resolv.conf" /etc/resolv.conf || exit 1
[ ! -e /etc/nsswitch.conf ] || mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf || exit 1`;
const RUN = `${PREPARE}
node="$2"; server="$3"; known="$4"; shift 4
"$node" "$server" "$known" & exec "$node" "$@"`;
const REGISTER = fileURLToPath(new URL('../../../packages/node/dist/register.js', import.meta.url));
const APPLICATION = fileURLToPath(new URL('application.ts', import.meta.url));
const NAME_SERVER = fileURLToPath(new URL('name-server.ts', import.meta.url));
/** The folder from which the SDK is resolved. */
const HERE = fileURLToPath(new URL('.', import.meta.url));

/** The results of the application's own look-ups. */
export interface LookUps {
  readonly asked: number;
  readonly answered: number;
  readonly longestMillis: number;
}

export interface SilentNameOutcome extends LookUps {
  /** From the call of `process.exit()` to the end of the process. */
  readonly exitMillis: number;
}

/** Whether this machine allows making namespaces, which a separate name server needs. */
export async function canHaveNameServer(): Promise<boolean> {
  const folder = await nameServiceFolder();
  const { status } = spawnSync('unshare', [...UNSHARE, 'sh', '-c', PREPARE, 'sh', folder], { timeout: 10_000 });
  await rm(folder, { recursive: true });
  return status === 0;
}

/** Runs an application whose collector has a name that no name server answers for. */
export async function measureSilentName(make: Make, wire: Wire, millis: number): Promise<SilentNameOutcome> {
  const folder = await nameServiceFolder();
  const program = [
    ...(make === 'ours' ? ['--import', REGISTER] : []),
    APPLICATION,
    KNOWN_NAME,
    COLLECTOR_URL,
    make,
    wire,
    String(millis),
  ];
  const { NODE_OPTIONS: _ofThisProcess, ...env } = process.env;
  const child = spawn(
    'unshare',
    [...UNSHARE, 'sh', '-c', RUN, 'sh', folder, process.execPath, NAME_SERVER, KNOWN_NAME, ...program],
    {
      env: {
        ...env,
        OTEL_EXPORTER_OTLP_ENDPOINT: COLLECTOR_URL,
        OTEL_EXPORTER_OTLP_PROTOCOL: wire === 'gRPC' ? 'grpc' : 'http/protobuf',
        OTEL_LOG_LEVEL: 'ERROR',
      },
      cwd: HERE,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let printed = '';
  let endingAt = Number.NaN;
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
    if (printed.endsWith('\n')) endingAt = performance.now();
  });
  await once(child, 'exit');
  const exitMillis = performance.now() - endingAt;
  await rm(folder, { recursive: true });
  return { ...(JSON.parse(printed) as LookUps), exitMillis };
}

/** Longer than a look-up takes without telemetry, even on a busy machine. */
const LOOK_UP_LIMIT_MILLIS = 1_000;
/** Spillway may take 1 s of `process.exit()`: see docs/end-of-process.md. The rest is for a busy machine. */
const EXIT_LIMIT_MILLIS = 2_000;

/** @returns figures that are not as they should be */
export function exitProblems({ asked, answered, longestMillis, exitMillis }: SilentNameOutcome): string[] {
  const problems: string[] = [];
  if (answered < asked - 1) problems.push(`${answered} of ${asked} look-ups of the application were answered`);
  if (longestMillis > LOOK_UP_LIMIT_MILLIS)
    problems.push(`a look-up of the application took ${Math.round(longestMillis)} ms`);
  if (exitMillis > EXIT_LIMIT_MILLIS) problems.push(`process.exit() took ${Math.round(exitMillis)} ms`);
  return problems;
}

async function nameServiceFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-names-'));
  await writeFile(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\n');
  await writeFile(join(folder, 'nsswitch.conf'), 'hosts: files dns\n');
  return folder;
}
