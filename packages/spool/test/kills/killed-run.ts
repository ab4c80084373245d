import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '../../../sampling/test/seeded-random.ts';
import { Spool, type SyncMode } from '../../src/index.ts';
import { numberIn } from './request-text.ts';

export interface KilledRun {
  readonly stored: number;
  readonly storedNow: number;
  readonly sentBefore: number;
  readonly sentAfter: number;
  /** Sent by both. */
  readonly sentTwice: number;
  /** Stored `soon`, and not in a file yet when the process was killed. */
  readonly unwritten: number;
  /** What should not be: it is explained by nothing. */
  readonly problems: readonly string[];
}

const PROGRAM = fileURLToPath(new URL('storing-process.ts', import.meta.url));

/** Kills a process that stores requests at a random moment, and looks what the next one makes of what is left. */
export async function killedRun(seed: number, sync: SyncMode): Promise<KilledRun> {
  const directory = mkdtempSync(join(tmpdir(), 'spillway-killed-'));
  try {
    const output = await killedProcess(directory, sync, seed);
    return judge(output, await next(directory));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function killedProcess(directory: string, sync: SyncMode, seed: number): Promise<string> {
  const child = spawn(process.execPath, [PROGRAM, directory, sync, String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
  await once(child.stdout, 'data');
  const millis = seededRandom(seed + 1_000_000)() * 300;
  await new Promise((resolve) => setTimeout(resolve, millis));
  child.kill('SIGKILL');
  await ended;
  return output;
}

function hasSegments(directory: string): boolean {
  try {
    const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' });
    return paths.some((path) => path.endsWith('.seg') && !path.includes('set-aside'));
  } catch {
    // A folder has gone meanwhile.
    return true;
  }
}

interface NextProcess {
  readonly sent: readonly number[];
  readonly damaged: number;
  readonly lost: readonly string[];
}

/** The next process, with a collector that takes everything. It is this one. */
async function next(directory: string): Promise<NextProcess> {
  const sent: number[] = [];
  const lost: string[] = [];
  let damaged = 0;
  const place = new Spool({ directory, service: 'killed' }).join({
    name: 'NextProcessor',
    signal: 'traces',
    async resend({ body }) {
      const number = numberIn(Buffer.concat(body.chunks).toString('latin1'));
      if (number === undefined) damaged += 1;
      else sent.push(number);
      return 'settled';
    },
    onLost: (reason, items, storedBy) => void lost.push(`${items} ${reason} ${storedBy}`),
  });
  // Several times in a row, because a chain that is being renamed may be seen in neither folder.
  for (let quiet = 0; quiet < 10; quiet = place.isEmpty && !hasSegments(directory) ? quiet + 1 : 0)
    await new Promise((resolve) => setTimeout(resolve, 10));
  await place.close();
  return { sent, lost, damaged };
}

function judge(output: string, { sent, lost, damaged }: NextProcess): KilledRun {
  const lines = output.split('\n').filter((line) => line !== '');
  const numbers = (word: string): number[] =>
    lines.filter((line) => line.startsWith(word)).map((line) => Number(line.slice(word.length)));
  const [soon, now, before] = [numbers('soon '), numbers('now '), numbers('sent ')];
  const delivered = new Set([...before, ...sent]);
  const last = Math.max(-1, ...delivered);
  const problems: string[] = [];
  for (const number of now) if (!delivered.has(number)) problems.push(`${number} was stored now, and is not delivered`);
  // Records are written in order, so only the last ones can be missing.
  const missing = soon.filter((number) => !delivered.has(number));
  for (const number of missing)
    if (number < last) problems.push(`${number} was written before ${last}, and is not delivered`);
  // The line of the last one may be missing: the process was killed between the two.
  const known = new Set([...soon, ...now]);
  const unknown = [...delivered].filter((number) => !known.has(number));
  if (unknown.length > 1) problems.push(`${unknown.join()} were delivered and never stored`);
  if (damaged > 0) problems.push(`${damaged} were delivered damaged`);
  if (new Set(sent).size !== sent.length) problems.push('the next process has sent one twice');
  // A write that was cut in two: its head says how many there were.
  if (lost.some((line) => !line.endsWith(' spool_corrupt elsewhere')) || lost.length > 1)
    problems.push(`lost: ${lost.join()}`);
  for (const line of lines) if (line.startsWith('lost ')) problems.push(line);
  return {
    stored: soon.length + now.length,
    storedNow: now.length,
    sentBefore: before.length,
    sentAfter: sent.length,
    sentTwice: sent.filter((number) => before.includes(number)).length,
    unwritten: missing.length,
    problems,
  };
}
