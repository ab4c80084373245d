import { basename } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type FileCall, type FileSystem, NODE_FILES } from '../src/files/file-system.ts';
import { runNow } from '../src/files/work.ts';
import { livenessOf, ownIdentity, type ProcessIdentity } from '../src/lease/process-identity.ts';
import { ProcessFolder } from '../src/lease/process-folder.ts';
import { FaultyFiles } from './faulty-files.ts';

const NO_PROCESS = 2 ** 22 + 1;

const own = runNow(NODE_FILES, ownIdentity());

function livenessAsSeenHere(other: Partial<ProcessIdentity>, files: FileSystem = NODE_FILES): string {
  return runNow(files, livenessOf({ ...own, ...other }, own));
}

/** A system on which this process has that state, as in proc(5). */
function filesWithState(state: string): FileSystem {
  const stat = Buffer.from(`${process.pid} (a ) name (x)) ${state} ${'0 '.repeat(18)}${own.start} 0`);
  let isRead = false;
  return {
    later: NODE_FILES.later,
    now(call) {
      if (call.name !== 'read') return NODE_FILES.now(call);
      const [, into] = (call as FileCall<'read'>).args;
      const count = isRead ? 0 : stat.copy(into);
      isRead = true;
      return count;
    },
  };
}

describe.runIf(process.platform === 'linux')('a process as another one sees it', () => {
  it.each<[string, string, Partial<ProcessIdentity>]>([
    ['alive', 'it is this one', {}],
    ['ended', 'nobody has its id', { pid: NO_PROCESS }],
    ['ended', 'another process has its id by now', { start: '1' }],
    ['unknown', 'nobody knows when it started', { start: undefined }],
    ['unknown', 'it is of another system', { boot: 'another', pid: NO_PROCESS }],
    ['unknown', 'its system has no boot id', { boot: undefined, pid: NO_PROCESS }],
    ['unknown', 'it is in another container', { namespace: 'pid:[1]', pid: NO_PROCESS }],
    ['unknown', 'its container is not known', { namespace: undefined, pid: NO_PROCESS }],
  ])('is %s if %s', (liveness, _, other) => {
    expect(livenessAsSeenHere(other)).toBe(liveness);
  });

  it('is unknown if the system hides it', () => {
    const files = new FaultyFiles();
    files.fault = ({ args: [path] }) => (path === `/proc/${process.pid}/stat` ? 'EACCES' : undefined);
    expect(livenessAsSeenHere({}, files)).toBe('unknown');
  });

  it.each([
    ['S', 'alive'],
    ['Z', 'ended'],
    ['X', 'ended'],
  ])('in state %s is %s, whatever its program is called', (state, liveness) => {
    expect(livenessAsSeenHere({}, filesWithState(state))).toBe(liveness);
  });

  it('is not identified on a system that says nothing of processes', () => {
    const files = new FaultyFiles();
    files.fault = ({ args: [path] }) => (String(path).startsWith('/proc/') ? 'ENOENT' : undefined);
    const identity = runNow(files, ownIdentity());
    expect(identity).toMatchObject({ pid: process.pid, start: undefined, boot: undefined, namespace: undefined });
    expect(runNow(files, livenessOf(identity, identity))).toBe('unknown');
  });
});

it('the folder of a process is named after the process and its start', () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 });
  vi.spyOn(process, 'uptime').mockReturnValue(1_000);
  onTestFinished(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  const { path } = new ProcessFolder('spool', true);
  expect(basename(path)).toMatch(new RegExp(`^${process.pid}-1799999000000(-t\\d+)?-[0-9a-f]{8}$`));
});
