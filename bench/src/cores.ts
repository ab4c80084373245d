import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A core for the measured process, and another one for its receiver. */
export interface CorePair {
  readonly application: number;
  readonly receiver: number;
}

/** Why a row cannot run without a pair of cores. */
export const NO_CORE_PAIR = 'it needs Linux with two cores and `taskset`';

/** Two cores that this process may give to others; `undefined` if there are none. */
export function corePair(): CorePair | undefined {
  const [application, receiver] = allowedCores();
  if (application === undefined || receiver === undefined) return undefined;
  return spawnSync('taskset', ['--version']).status === 0 ? { application, receiver } : undefined;
}

/** Leaves one core to all threads of a process, and to those that it starts later. @throws Error if it cannot */
export function pinToCore(pid: number, core: number): void {
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(core), String(pid)], { stdio: 'pipe' });
}

/** The cores that Linux allows this process: `0-3,6`. None on other systems. */
function allowedCores(): readonly number[] {
  if (process.platform !== 'linux') return [];
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
