import { existsSync, mkdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FaultCode, FaultyFiles } from './faulty-files.ts';
import { InMemoryPipeline, requestOf } from './in-memory-pipeline.ts';
import { leaveChain } from './left-chain.ts';
import { useLoggedLines } from './logged-lines.ts';
import { passMillis, passUntil } from './passing-time.ts';
import { filesIn, openStore, segmentsIn, SERVICE, temporaryFolder } from './temporary-spool.ts';

const lines = useLoggedLines();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function open(directory: string, files = new FaultyFiles()) {
  const pipeline = new InMemoryPipeline();
  pipeline.answer = () => 'kept';
  const place = openStore(directory, {}, files).join(pipeline);
  let stored = 0;
  return {
    pipeline,
    place,
    files,
    store(items: number, when: 'soon' | 'now' = 'soon'): boolean {
      const isTaken = place.store(requestOf(`${stored}`, items), when);
      if (isTaken) stored += items;
      return isTaken;
    },
    checkLaw: () => expect(pipeline.resentItems + pipeline.lostItems() + place.getMetrics().items).toBe(stored),
  };
}

describe('a directory that cannot be written', () => {
  it.each<[FaultCode, string]>([
    ['EACCES', 'It must belong to the user of this process'],
    ['EROFS', 'read-only'],
    ['ENOSPC', 'The disk is full'],
    ['EDQUOT', 'quota'],
    ['EMFILE', 'too many open files'],
    ['EIO', 'The disk has failed'],
  ])('(%s) is told in the log, and the pipeline keeps its items', async (code, advice) => {
    const { place, files, store, pipeline, checkLaw } = open(join(temporaryFolder(), 'spool'));
    files.fault = ({ name }) => (name === 'mkdir' || name === 'writev' ? code : undefined);
    expect(store(3)).toBe(true);
    await passUntil(() => lines().length > 0);
    expect(lines()).toEqual([expect.stringContaining(advice)]);
    expect(lines()[0]).toMatch(/^warn spool .*: cannot write to .* What does not fit stays in memory/);
    expect(store(2)).toBe(false);
    expect(store(2, 'now')).toBe(false);
    checkLaw();
    // What was taken before that was known is in memory, and sent from there.
    pipeline.answer = () => 'settled';
    await passUntil(() => place.isEmpty);
    expect(pipeline.resentItems).toBe(3);
    expect(pipeline.lost).toEqual([]);
    await passMillis(300_000);
    expect(lines().length).toBeLessThan(9);
    place.closeNow();
  });

  it('is tried again, and says when it takes requests again', async () => {
    const { place, files, store, pipeline, checkLaw } = open(temporaryFolder());
    files.fault = ({ name }) => (name === 'writev' ? 'EIO' : undefined);
    store(1);
    await passUntil(() => lines().length > 0);
    let ready = 0;
    const takeBack = place.onReady(() => (ready += 1));
    expect(store(1)).toBe(false);
    files.fault = () => undefined;
    await passUntil(() => ready > 0);
    expect(store(1)).toBe(true);
    takeBack();
    checkLaw();
    pipeline.answer = () => 'settled';
    await passUntil(() => place.isEmpty);
    expect(pipeline.resentItems).toBe(2);
    place.closeNow();
  });

  it('loses only what is in memory when the place is closed, and counts it', async () => {
    const { place, files, store, pipeline, checkLaw } = open(temporaryFolder());
    files.fault = ({ name }) => (name === 'writev' ? 'EIO' : undefined);
    store(5);
    await passUntil(() => lines().length > 0);
    const closed = place.close();
    let isClosed = false;
    void closed.then(() => (isClosed = true));
    await passUntil(() => isClosed);
    expect(pipeline.lost).toEqual([{ reason: 'spool_full', items: 5, storedBy: 'here' }]);
    checkLaw();
  });

  it('because a file is in its place is told in the log', async () => {
    const directory = join(temporaryFolder(), 'file');
    writeFileSync(directory, 'no folder');
    const { place, store } = open(directory);
    store(1);
    await passUntil(() => lines().length > 0);
    expect(lines()[0]).toMatch(/A file is in its place|A part of the path is a file/);
    place.closeNow();
  });
});

describe('a directory that is removed while it is in use', () => {
  it('is told in the log, its items are counted exactly, and what comes then is stored in a new one', async () => {
    const directory = temporaryFolder();
    const { place, store, pipeline, checkLaw } = open(directory);
    store(3);
    store(4);
    await passUntil(() => segmentsIn(directory).length > 0);
    await passMillis(100);
    rmSync(join(directory, SERVICE), { recursive: true });
    await passMillis(31_000);
    // The first requests are in flight, so they are in memory.
    expect(lines()).toEqual([expect.stringContaining('was removed while it was in use')]);
    checkLaw();
    store(2);
    await passUntil(() => segmentsIn(directory).length > 0);
    pipeline.answer = () => 'settled';
    await passUntil(() => place.isEmpty);
    checkLaw();
    expect(pipeline.resentItems + pipeline.lostItems('spool_corrupt')).toBe(9);
    place.closeNow();
  });

  it('is told as that, also if its items are sent before anybody has looked whether it is there', async () => {
    const directory = temporaryFolder();
    const { place, store, pipeline, checkLaw } = open(directory);
    store(3);
    await passUntil(() => segmentsIn(directory).length > 0);
    await passMillis(100);
    rmSync(join(directory, SERVICE), { recursive: true });
    pipeline.answer = () => 'settled';
    await passUntil(() => place.isEmpty);
    await passMillis(2_000);
    expect(lines()).toEqual([expect.stringMatching(/ was removed while it was in use$/)]);
    checkLaw();
    place.closeNow();
  });

  it('loses its lease only for a moment if just that file was removed', async () => {
    const directory = temporaryFolder();
    const { place, store } = open(directory);
    store(1, 'now');
    const [owner = ''] = filesIn(directory).filter((path) => path.endsWith('owner.json'));
    unlinkSync(join(directory, owner));
    await passMillis(31_000);
    expect(existsSync(join(directory, owner))).toBe(true);
    expect(lines()).toEqual([]);
    place.closeNow();
  });
});

describe('a directory from which nothing can be taken over', () => {
  it('because folders cannot be renamed is told in the log, and what is there stays', async () => {
    const { directory } = await leaveChain([{ text: 'a', items: 1 }]);
    const files = new FaultyFiles();
    files.fault = ({ name }) => (name === 'rename' ? 'ENOTSUP' : undefined);
    const { place, store, pipeline } = open(directory, files);
    await passUntil(() => lines().length > 0);
    expect(lines()[0]).toMatch(/cannot take over .*: .*The file system does not have this operation/);
    expect(segmentsIn(directory)).toHaveLength(1);
    // Its own part works nevertheless.
    pipeline.answer = () => 'settled';
    store(2);
    await passUntil(() => pipeline.resentItems === 2);
    place.closeNow();
  });

  it('because a folder belongs to another user is told in the log', async () => {
    const { directory } = await leaveChain([{ text: 'a', items: 1 }]);
    const files = new FaultyFiles();
    files.fault = ({ name, args: [path] }) =>
      name === 'readdir' && /\d+-\d+-\w+$/.test(String(path)) ? 'EACCES' : undefined;
    const { place } = open(directory, files);
    await passUntil(() => lines().length > 0);
    expect(lines()[0]).toMatch(/cannot take over .*It must belong to the user of this process/);
    place.closeNow();
  });

  it('because there are other things in it leaves them alone', async () => {
    const { directory } = await leaveChain([{ text: 'a', items: 1 }]);
    writeFileSync(join(directory, SERVICE, 'notes.txt'), 'mine');
    mkdirSync(join(directory, SERVICE, 'lost+found', 'traces'), { recursive: true });
    writeFileSync(join(directory, SERVICE, 'lost+found', 'owner.json'), 'no JSON');
    const { place, pipeline } = open(directory);
    pipeline.answer = () => 'settled';
    await passUntil(() => pipeline.resentItems === 1);
    await passMillis(1_000);
    place.closeNow();
    expect(existsSync(join(directory, SERVICE, 'notes.txt'))).toBe(true);
    expect(lines()).toEqual([]);
  });
});

describe('a file that cannot be read', () => {
  it('is set aside, its items are counted exactly, and only the newest four are kept', async () => {
    const records = Array.from({ length: 8 }, (_, index) => ({
      text: `record ${index}`.padEnd(300),
      items: index + 1,
    }));
    const { directory, segments } = await leaveChain(records, { segmentBytes: 200 });
    expect(segments).toHaveLength(8);
    const files = new FaultyFiles();
    // The header can be read, what follows cannot.
    files.fault = (call) => (call.name === 'read' && call.args[4] === 32 ? 'EIO' : undefined);
    const { place, pipeline } = open(directory, files);
    pipeline.answer = () => 'settled';
    await passUntil(() => lines().length > 0);
    await passUntil(() => place.isEmpty && segmentsIn(directory).length === 0);
    // Of the last file, nobody knows how many it has.
    expect(pipeline.lost.every(({ reason, storedBy }) => reason === 'spool_corrupt' && storedBy === 'elsewhere')).toBe(
      true,
    );
    expect(pipeline.lostItems()).toBe(28);
    expect(lines()[0]).toMatch(/cannot read .*The disk has failed.*It was moved to .*set-aside/);
    expect(filesIn(join(directory, SERVICE, 'set-aside'))).toHaveLength(4);
    place.closeNow();
  });

  it('for want of descriptors is read later, and loses nothing', async () => {
    const { directory } = await leaveChain([{ text: 'a', items: 3 }]);
    const files = new FaultyFiles();
    let left = 5;
    files.fault = ({ name, args: [path] }) =>
      name === 'open' && String(path).endsWith('.seg') && (left -= 1) > 0 ? 'EMFILE' : undefined;
    const { place, pipeline } = open(directory, files);
    pipeline.answer = () => 'settled';
    await passUntil(() => pipeline.resentItems === 3);
    expect(pipeline.lost).toEqual([]);
    expect(lines()[0]).toMatch(/cannot read .* now: .*too many open files/);
    place.closeNow();
  });
});
