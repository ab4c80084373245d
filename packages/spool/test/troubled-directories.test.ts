import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { numbers } from '../../backpressure/test/held-consumer.ts';
import { endProcesses } from './ended-process.ts';
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

function open(directory: string, files = new FaultyFiles(), options: Parameters<typeof openStore>[1] = {}) {
  const pipeline = new InMemoryPipeline();
  pipeline.answer = () => 'kept';
  const place = openStore(directory, options, files).join(pipeline);
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

describe('a directory that is a symbolic link', () => {
  it('to nothing is named in the log, with what it points to, and used as soon as that is there', async () => {
    const folder = temporaryFolder();
    const directory = join(folder, 'link');
    symlinkSync('nowhere', directory);
    const { place, store } = open(directory);
    store(1);
    await passUntil(() => lines().length > 0);
    expect(lines()).toEqual([
      expect.stringContaining(
        `cannot write to ${directory}: ${directory} is a symbolic link to ${join(folder, 'nowhere')}, which does not exist. Make that folder, or remove the link. What does not fit`,
      ),
    ]);
    mkdirSync(join(folder, 'nowhere'));
    await passUntil(() => store(1));
    await passUntil(() => segmentsIn(directory).length > 0);
    place.closeNow();
  });

  it('to a folder is followed', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'elsewhere'));
    symlinkSync('elsewhere', join(folder, 'link'));
    const { place, store } = open(join(folder, 'link'));
    store(1);
    await passUntil(() => segmentsIn(join(folder, 'elsewhere')).length > 0);
    expect(lines()).toEqual([]);
    place.closeNow();
  });
});

describe('a directory that is removed while it is in use', () => {
  const remove = (directory: string): void => rmSync(join(directory, SERVICE), { recursive: true });

  it('is made again by the next write, with what was in the file that is written to, and nothing is lost', async () => {
    const directory = temporaryFolder();
    const { place, store, pipeline, checkLaw } = open(directory);
    for (const items of [3, 4, 5, 6, 7, 8]) store(items, 'now');
    await passMillis(100);
    remove(directory);
    expect(store(9)).toBe(true);
    await passUntil(() => segmentsIn(directory).length > 0);
    await passMillis(100);
    expect(lines()).toEqual([expect.stringMatching(/ was removed while it was in use$/)]);
    expect(pipeline.lost).toEqual([]);
    checkLaw();
    place.closeNow();
    const next = open(directory);
    next.pipeline.answer = () => 'settled';
    endProcesses(directory);
    await passUntil(() => next.pipeline.resentItems === 42);
    expect(next.pipeline.resent.map(({ items }) => items)).toEqual([3, 4, 5, 6, 7, 8, 9]);
    next.place.closeNow();
  });

  it('is made again by a write of a process that ends', () => {
    const directory = temporaryFolder();
    const { place, store, pipeline } = open(directory);
    store(3, 'now');
    remove(directory);
    expect(store(4, 'now')).toBe(true);
    remove(directory);
    place.closeNow();
    expect(pipeline.lost).toEqual([]);
    // The text of a request is the number of items that were stored before it.
    expect(readFileSync(segmentsIn(directory)[0] ?? '', 'latin1')).toMatch(/0.*3/s);
  });

  it('is made again within 15 s if nothing is written, and what is sent meanwhile is sent once, in order', async () => {
    const directory = temporaryFolder();
    const { place, store, pipeline, checkLaw } = open(directory);
    for (let items = 1; items <= 20; items += 1) store(items, 'now');
    await passMillis(100);
    remove(directory);
    let left = 7;
    pipeline.answer = () => ((left -= 1) > 0 ? 'settled' : 'kept');
    await passUntil(() => left <= 0);
    await passMillis(16_000);
    expect(segmentsIn(directory)).toHaveLength(1);
    store(21, 'now');
    pipeline.answer = () => 'settled';
    await passUntil(() => place.isEmpty);
    checkLaw();
    expect(pipeline.lost).toEqual([]);
    expect(pipeline.resent.map(({ items }) => items).toSorted((a, b) => a - b)).toEqual(numbers(1, 21));
    expect(lines()).toHaveLength(1);
    place.closeNow();
  });

  it('costs the files that are not written to any more, which are counted at once', async () => {
    const directory = temporaryFolder();
    const { place, store, pipeline, checkLaw } = open(directory, new FaultyFiles(), { segmentBytes: 120 });
    for (let items = 1; items <= 9; items += 1) store(items, 'now');
    await passMillis(100);
    const files = segmentsIn(directory).length;
    expect(files).toBeGreaterThan(2);
    remove(directory);
    store(10, 'now');
    // What is in flight is in memory.
    expect(pipeline.lostItems('spool_corrupt')).toBeGreaterThan(0);
    expect(pipeline.lostItems('spool_corrupt')).toBeLessThan(45);
    checkLaw();
    pipeline.answer = () => 'settled';
    await passUntil(() => place.isEmpty);
    checkLaw();
    expect(pipeline.resent.map(({ items }) => items)).toContain(9);
    expect(pipeline.resent.map(({ items }) => items)).toContain(10);
    place.closeNow();
  });

  /** What was stored is gone, and cannot be written again for 20 s. */
  async function unwritable() {
    const directory = temporaryFolder();
    const parts = open(directory);
    for (const items of [1, 2, 3, 4, 5, 6]) parts.store(items, 'now');
    await passMillis(100);
    remove(directory);
    parts.files.fault = ({ name }) => (name === 'mkdir' ? 'EACCES' : undefined);
    parts.store(7);
    await passMillis(20_000);
    expect(segmentsIn(directory)).toEqual([]);
    parts.checkLaw();
    return { ...parts, directory };
  }

  it('is made again later if that is not possible at once', async () => {
    const { directory, place, pipeline, files } = await unwritable();
    files.fault = () => undefined;
    await passMillis(40_000);
    expect(segmentsIn(directory)).toHaveLength(1);
    place.closeNow();
    expect(pipeline.lost).toEqual([]);
  });

  it('costs what was in it if it can never be made again', async () => {
    const { place, pipeline } = await unwritable();
    place.closeNow();
    await passMillis(100);
    expect(pipeline.lostItems()).toBe(28);
  });

  it('costs nothing if its items are sent before anybody has looked whether it is there', async () => {
    const directory = temporaryFolder();
    const { place, store, pipeline, checkLaw } = open(directory);
    store(3);
    await passUntil(() => segmentsIn(directory).length > 0);
    await passMillis(100);
    remove(directory);
    pipeline.answer = () => 'settled';
    await passUntil(() => place.isEmpty);
    await passMillis(40_000);
    expect(lines()).toEqual([expect.stringMatching(/ was removed while it was in use$/)]);
    expect(pipeline.lost).toEqual([]);
    checkLaw();
    expect(filesIn(directory)).toEqual([]);
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
