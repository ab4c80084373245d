import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NODE_FILES } from '../src/files/file-system.ts';
import { runNow } from '../src/files/work.ts';
import { ownIdentity } from '../src/lease/process-identity.ts';
import { endProcesses } from './ended-process.ts';
import { FaultyFiles } from './faulty-files.ts';
import { InMemoryPipeline, requestOf } from './in-memory-pipeline.ts';
import { leaveChain } from './left-chain.ts';
import { useLoggedLines } from './logged-lines.ts';
import { passMillis, passUntil } from './passing-time.ts';
import { openStore, segmentsIn, SERVICE, temporaryFolder } from './temporary-spool.ts';

const lines = useLoggedLines();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What a process leaves that was not this one. */
async function left(owner: Record<string, unknown>) {
  const chain = await leaveChain([
    { text: 'a', items: 2 },
    { text: 'b', items: 3 },
  ]);
  const [name = ''] = readdirSync(join(chain.directory, SERVICE));
  const folder = join(chain.directory, SERVICE, name);
  const own = runNow(NODE_FILES, ownIdentity());
  writeFileSync(join(folder, 'owner.json'), JSON.stringify({ format: 1, isReleased: false, ...own, ...owner }));
  return { ...chain, folder, beat: () => utimesSync(join(folder, 'owner.json'), 1, Date.now() / 1_000) };
}

function open(directory: string) {
  const pipeline = new InMemoryPipeline();
  const place = openStore(directory).join(pipeline);
  return { pipeline, place };
}

async function closed(place: { close(): Promise<void> }): Promise<void> {
  let isClosed = false;
  void place.close().then(() => (isClosed = true));
  await passUntil(() => isClosed);
}

describe('what another process has left', () => {
  it.each([
    ['whose id no process has', { pid: 2 ** 22 + 1 }],
    ['whose id another process has by now', { start: '1' }],
    ['that has let go of it', { isReleased: true }],
  ])('is taken over at once from a process %s', async (_, owner) => {
    const { directory } = await left(owner);
    const { pipeline, place } = open(directory);
    await passUntil(() => pipeline.resent.length === 2);
    await passUntil(() => place.isEmpty);
    place.closeNow();
    expect(segmentsIn(directory)).toEqual([]);
  });

  it('is left alone while that process is alive, however old its heartbeat is', async () => {
    const { directory } = await left({});
    const { pipeline, place } = open(directory);
    await passMillis(600_000);
    expect(pipeline.resent).toEqual([]);
    expect(segmentsIn(directory)).toHaveLength(1);
    place.closeNow();
  });

  it.each([
    ['on another system', { boot: 'another' }],
    ['in another container', { namespace: 'pid:[1]' }],
    ['on a system that has no boot id', { boot: undefined }],
    ['and was a worker thread, which may have ended before its process', { thread: 7 }],
  ])('is taken over when the heartbeat of a process %s has stood still for a minute, not before', async (_, owner) => {
    const { directory, beat } = await left(owner);
    const { pipeline, place } = open(directory);
    await passMillis(40_000);
    beat();
    await passMillis(55_000);
    expect(pipeline.resent).toEqual([]);
    await passMillis(70_000);
    expect(pipeline.resent).toHaveLength(2);
    place.closeNow();
  });

  it('is taken over at the look after a minute, which is the third', async () => {
    const { directory } = await left({ boot: 'another' });
    const { pipeline, place } = open(directory);
    await passMillis(59_000);
    expect(pipeline.resent).toEqual([]);
    await passMillis(3_000);
    expect(pipeline.resent).toHaveLength(2);
    place.closeNow();
  });

  it('is left alone, with a warning, while nobody can read whose it is', async () => {
    const { directory, folder } = await left({ pid: 2 ** 22 + 1 });
    const files = new FaultyFiles();
    files.fault = ({ name, args: [path] }) =>
      name === 'open' && path === join(folder, 'owner.json') ? 'EACCES' : undefined;
    const pipeline = new InMemoryPipeline();
    const place = openStore(directory, {}, files).join(pipeline);
    await passMillis(150_000);
    expect(pipeline.resent).toEqual([]);
    expect(segmentsIn(directory)).toHaveLength(1);
    expect(lines()[0]).toMatch(/^warn .*cannot take over .*, which a process has left: EACCES: injected, open\./);
    place.closeNow();
  });

  it('of a signal that this process does not have stays, and the next process that has it takes it at once', async () => {
    const directory = temporaryFolder();
    const store = openStore(directory);
    const before = (['traces', 'logs'] as const).map((signal) => {
      const pipeline = new InMemoryPipeline(signal);
      pipeline.answer = () => 'kept';
      const place = store.join(pipeline);
      place.store(requestOf(`of ${signal}`), 'now');
      return place;
    });
    for (const place of before) place.closeNow();
    endProcesses(directory);
    const { pipeline, place } = open(directory);
    await passUntil(() => pipeline.resent.length === 1 && place.isEmpty);
    const logs = new InMemoryPipeline('logs');
    const later = openStore(directory).join(logs);
    await passMillis(1_000);
    expect(logs.resent.map(({ text }) => text)).toEqual(['of logs']);
    later.closeNow();
    place.closeNow();
  });

  it('is not taken over because the clock of this system jumps', async () => {
    const { directory, beat } = await left({ boot: 'another' });
    const { pipeline, place } = open(directory);
    await passMillis(10_000);
    vi.setSystemTime(Date.now() + 86_400_000);
    for (let round = 0; round < 10; round += 1) {
      await passMillis(15_000);
      beat();
    }
    expect(pipeline.resent).toEqual([]);
    place.closeNow();
  });

  it('by a newer version is left to processes of that version, with a warning', async () => {
    const { directory } = await left({ format: 2, isReleased: true });
    const { pipeline, place } = open(directory);
    await passMillis(120_000);
    expect(pipeline.resent).toEqual([]);
    expect(lines()).toEqual([expect.stringMatching(/^warn .* is from a newer version of Spillway/)]);
    place.closeNow();
  });

  it('is taken over by one process only, also if several look at the same moment', async () => {
    const { directory } = await left({ pid: 2 ** 22 + 1 });
    const others = Array.from({ length: 5 }, () => open(directory));
    await passUntil(() => others.some(({ pipeline }) => pipeline.resent.length === 2));
    await passMillis(1_000);
    expect(others.flatMap(({ pipeline }) => pipeline.resent)).toHaveLength(2);
    expect(others.flatMap(({ pipeline }) => pipeline.lost)).toEqual([]);
    for (const { place } of others) place.closeNow();
    expect(lines().filter((line) => line.startsWith('warn'))).toEqual([]);
  });

  it('is not taken by a process that has no pipeline of that signal', async () => {
    const { directory } = await left({ pid: 2 ** 22 + 1 });
    const pipeline = new InMemoryPipeline('logs');
    const place = openStore(directory).join(pipeline);
    await passMillis(120_000);
    expect(segmentsIn(directory)).toHaveLength(1);
    place.closeNow();
  });

  it('goes on to the next process, if this one ends before all is sent', async () => {
    const { directory } = await left({ pid: 2 ** 22 + 1 });
    const second = open(directory);
    second.pipeline.answer = ({ items }) => (items === 2 ? 'settled' : 'kept');
    await passUntil(() => second.pipeline.resent.length === 1);
    second.place.closeNow();
    const third = open(directory);
    await passUntil(() => third.pipeline.resent.some(({ text }) => text === 'b'));
    await passUntil(() => third.place.isEmpty);
    third.place.closeNow();
    expect(segmentsIn(directory)).toEqual([]);
  });

  it('leaves nothing behind: neither files, nor folders of processes', async () => {
    const { directory } = await left({ pid: 2 ** 22 + 1 });
    mkdirSync(join(directory, SERVICE, '4194305-1-00000000'));
    writeFileSync(join(directory, SERVICE, '4194305-1-00000000', 'owner.json'), '');
    endProcesses(directory);
    const { pipeline, place } = open(directory);
    await passUntil(() => pipeline.resent.length === 2 && place.isEmpty);
    await passMillis(40_000);
    await place.close();
    expect(existsSync(join(directory, SERVICE))).toBe(false);
  });
});

describe('a process that was stopped for so long that another one has taken over its files', () => {
  /** The chains of all pipelines are elsewhere when it goes on. */
  function takeOver(directory: string): string {
    const elsewhere = temporaryFolder();
    for (const chain of new Set(segmentsIn(directory).map((segment) => dirname(segment))))
      renameSync(chain, join(elsewhere, basename(chain)));
    vi.setSystemTime(Date.now() + 300_000);
    return elsewhere;
  }

  it('notices, says once how many items that were, loses none, and stores what comes then in new files', async () => {
    const directory = temporaryFolder();
    const store = openStore(directory);
    const [traces, logs] = [new InMemoryPipeline('traces'), new InMemoryPipeline('logs')];
    for (const pipeline of [traces, logs]) pipeline.answer = async () => new Promise(() => {});
    const [place, other] = [store.join(traces), store.join(logs)];
    for (let items = 1; items <= 9; items += 1) place.store(requestOf('before', items), 'now');
    other.store(requestOf('before', 5), 'now');
    await passMillis(100);
    takeOver(directory);
    await passMillis(31_000);
    expect(lines()).toEqual([
      expect.stringMatching(
        /^warn .*: another process has taken over 50 items while this one was stopped, and sends them$/,
      ),
    ]);
    // Four requests of spans were being sent, and still are. They are the other's as soon as nobody sends them here.
    expect(place.getMetrics()).toMatchObject({ items: 1 + 2 + 3 + 4, takenOver: 35 });
    expect(place.store(requestOf('after', 1), 'now')).toBe(true);
    expect(readFileSync(segmentsIn(directory)[0] ?? '', 'latin1')).toContain('after');
    place.closeNow();
    other.closeNow();
    expect(place.getMetrics()).toMatchObject({ items: 1, takenOver: 45 });
    expect(other.getMetrics()).toMatchObject({ items: 0, takenOver: 5 });
    expect([...traces.lost, ...logs.lost]).toEqual([]);
  });

  it('counts what it delivers nevertheless as delivered, and the rest of a request as taken over', async () => {
    const directory = temporaryFolder();
    const { pipeline, place } = open(directory);
    let answer: ((answer: 'settled' | 'kept') => void) | undefined;
    pipeline.answer = () => new Promise((resolve) => (answer = resolve));
    place.store(requestOf('before', 4), 'now');
    await passUntil(() => answer !== undefined);
    takeOver(directory);
    await passMillis(31_000);
    answer?.('settled');
    await passUntil(() => place.isEmpty);
    expect(pipeline.resentItems).toBe(4);
    expect(place.getMetrics()).toMatchObject({ items: 0, takenOver: 0 });
    place.closeNow();
  });

  it('says so at its end, if it ends before there was time for the line', async () => {
    const directory = temporaryFolder();
    const { pipeline, place } = open(directory);
    pipeline.answer = () => 'kept';
    place.store(requestOf('before', 4), 'now');
    takeOver(directory);
    place.store(requestOf('after', 1), 'now');
    place.closeNow();
    expect(lines()).toEqual([expect.stringContaining('has taken over 4 items')]);
    expect(place.getMetrics().takenOver).toBe(4);
    expect(pipeline.lost).toEqual([]);
  });
});

it('a process that was stopped looks whether its files are still its own before it writes to them', async () => {
  const directory = temporaryFolder();
  const { pipeline, place } = open(directory);
  pipeline.answer = () => 'kept';
  place.store(requestOf('before', 4), 'now');
  const [segment = ''] = segmentsIn(directory);
  const elsewhere = join(temporaryFolder(), 'traces');
  renameSync(join(segment, '..'), elsewhere);
  vi.setSystemTime(Date.now() + 300_000);
  // At once, before the next heartbeat.
  expect(place.store(requestOf('after', 1), 'now')).toBe(true);
  expect(readFileSync(join(elsewhere, '00000001.seg'), 'latin1')).not.toContain('after');
  expect(readFileSync(segmentsIn(directory)[0] ?? '', 'latin1')).toContain('after');
  expect(pipeline.lost).toEqual([]);
  await passMillis(100);
  place.closeNow();
});

describe('a heartbeat', () => {
  it('that cannot be written is told in the log, and tried again', async () => {
    const directory = temporaryFolder();
    const files = new FaultyFiles();
    let isBroken = true;
    files.fault = ({ name }) => (name === 'utimes' && isBroken ? 'EIO' : undefined);
    const pipeline = new InMemoryPipeline();
    pipeline.answer = () => 'kept';
    const place = openStore(directory, {}, files).join(pipeline);
    place.store(requestOf('a'), 'now');
    await passMillis(16_000);
    expect(lines()).toEqual([
      expect.stringMatching(/^warn .*cannot keep .*: EIO: injected, utimes\. The disk has failed$/),
    ]);
    isBroken = false;
    const beats = files.calls.get('utimes') ?? 0;
    await passMillis(16_000);
    expect(files.calls.get('utimes')).toBe(beats + 1);
    place.closeNow();
  });

  it('goes on while another pipeline of the process stores something, after the first one has ended', async () => {
    const directory = temporaryFolder();
    const files = new FaultyFiles();
    const store = openStore(directory, {}, files);
    const [traces, logs] = [new InMemoryPipeline('traces'), new InMemoryPipeline('logs')];
    logs.answer = () => 'kept';
    const [place, other] = [store.join(traces), store.join(logs)];
    other.store(requestOf('a'), 'now');
    await passMillis(100);
    await closed(place);
    const beats = files.calls.get('utimes') ?? 0;
    await passMillis(31_000);
    expect(files.calls.get('utimes')).toBe(beats + 2);
    other.closeNow();
  });

  it('is written while something is stored, and the folder goes away when everything was sent', async () => {
    const directory = temporaryFolder();
    const { pipeline, place } = open(directory);
    let isDown = true;
    pipeline.answer = () => (isDown ? 'kept' : 'settled');
    place.store(requestOf('a'), 'soon');
    await passUntil(() => segmentsIn(directory).length > 0);
    const [name = ''] = readdirSync(join(directory, SERVICE));
    const owner = join(directory, SERVICE, name, 'owner.json');
    const first = readFileSync(owner, 'utf8');
    expect(JSON.parse(first)).toMatchObject({ pid: process.pid, isReleased: false });
    isDown = false;
    await passUntil(() => place.isEmpty);
    await passMillis(60_000);
    expect(existsSync(join(directory, SERVICE))).toBe(false);
    // And comes again with the next outage.
    isDown = true;
    expect(place.store(requestOf('b'), 'soon')).toBe(true);
    await passUntil(() => segmentsIn(directory).length > 0);
    isDown = false;
    await passUntil(() => place.isEmpty);
    expect(pipeline.resent.map(({ text }) => text)).toEqual(['a', 'b']);
    expect(pipeline.lost).toEqual([]);
    await place.close();
  });
});
