import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { neutralEnvironment } from '../child-process.ts';

const DIRECTORY = fileURLToPath(new URL('../../go/', import.meta.url));
const BINARY = 'dist/bench';
const SPARE_MILLIS = 60_000;
const MILLIS_PER_SECOND = 1_000;

const run = promisify(execFile);

/** What the program in Go prints: of the measured part of the load, except for `made`. */
export interface GoFigures {
  /** Spans made, warm-up included. */
  readonly made: number;
  readonly spans: number;
  readonly seconds: number;
  /** CPU (user and system, all threads). */
  readonly cpuMicros: number;
}

/** Go's version, such as `go1.26.8`; `undefined` if there is no Go. */
export function goVersion(): string | undefined {
  const { status, stdout } = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** Builds the program of `bench/go`. @throws Error if it cannot be built; the output is on standard error */
export function buildGoProgram(): void {
  execFileSync('go', ['build', '-o', BINARY, '.'], { cwd: DIRECTORY });
}

/** Runs the program on one core. @param endpoint where it sends its spans; without one, it exports none */
export async function runGoProgram(
  core: number,
  seconds: number,
  warmUpSeconds: number,
  endpoint: string | undefined,
): Promise<GoFigures> {
  const args = ['--seconds', String(seconds), '--warm-up-seconds', String(warmUpSeconds)];
  if (endpoint !== undefined) args.push('--endpoint', endpoint);
  const { stdout } = await run('taskset', ['--cpu-list', String(core), BINARY, ...args], {
    cwd: DIRECTORY,
    env: neutralEnvironment(),
    timeout: (seconds + warmUpSeconds) * MILLIS_PER_SECOND + SPARE_MILLIS,
  });
  return JSON.parse(stdout) as GoFigures;
}
