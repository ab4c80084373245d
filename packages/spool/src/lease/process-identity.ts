import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';
import { codeOf } from '../files/file-error.ts';
import { readStart } from '../files/small-file.ts';
import { call, type Work } from '../files/work.ts';

/** What tells a process from all others. What this system does not know is `undefined`. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in ticks since the system was booted. A later process with the same id has another value. */
  readonly start: string | undefined;
  /** Of the worker thread; 0 is the main thread. */
  readonly thread: number;
  /** Changes with each start of the system. */
  readonly boot: string | undefined;
  /** Process ids mean the same only within one namespace. */
  readonly namespace: string | undefined;
  /** For messages. */
  readonly host: string | undefined;
}

/**
 * - `alive` and `ended`: this process can tell
 * - `unknown`: another system or container, or a system without `/proc`
 */
export type Liveness = 'alive' | 'ended' | 'unknown';

/** Large enough for a name of 64 characters and 52 numbers. */
const STAT_BYTES = 2_048;

export function* ownIdentity(): Work<ProcessIdentity> {
  return {
    pid: process.pid,
    start: (yield* statOf('self'))?.start,
    thread: threadId,
    boot: (yield* textOf('/proc/sys/kernel/random/boot_id'))?.trim(),
    namespace: yield* linkOf('/proc/self/ns/pid'),
    host: hostname(),
  };
}

/** Whether the process of another folder is alive, as this process sees it. */
export function* livenessOf(other: ProcessIdentity, own: ProcessIdentity): Work<Liveness> {
  const isSameSystem = other.boot !== undefined && other.boot === own.boot;
  if (!isSameSystem || other.namespace === undefined || other.namespace !== own.namespace) return 'unknown';
  if (!exists(other.pid)) return 'ended';
  const stat = yield* statOf(String(other.pid));
  // Processes of other users may be hidden.
  if (stat === undefined || other.start === undefined) return 'unknown';
  // A process that has ended, and that nobody has waited for.
  if (['Z', 'X', 'x'].includes(stat.state)) return 'ended';
  return stat.start === other.start ? 'alive' : 'ended';
}

function exists(pid: number): boolean {
  try {
    // Only asks.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}

/** proc(5): the name of the program, in parentheses, may contain spaces and parentheses. */
function* statOf(pid: string): Work<{ readonly state: string; readonly start: string } | undefined> {
  const text = yield* textOf(`/proc/${pid}/stat`);
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  // Fields 3 and 22, counted from 1.
  const [state, start] = [fields?.[0], fields?.[19]];
  return state === undefined || start === undefined ? undefined : { state, start };
}

function* textOf(path: string): Work<string | undefined> {
  try {
    return (yield* readStart(path, STAT_BYTES)).toString();
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return undefined;
  }
}

function* linkOf(path: string): Work<string | undefined> {
  try {
    return yield* call('readlink', path);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return undefined;
  }
}
