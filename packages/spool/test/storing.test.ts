import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SYNC_MODES, type SyncMode } from '../src/index.ts';
import { FaultyFiles } from './faulty-files.ts';
import { InMemoryPipeline, requestOf } from './in-memory-pipeline.ts';
import { useLoggedLines } from './logged-lines.ts';
import { passMillis, passUntil } from './passing-time.ts';
import { bytesIn, drained, openStore, segmentsIn, temporaryFolder } from './temporary-spool.ts';

const lines = useLoggedLines();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A pipeline without a collector, and its place. */
function outage(
  directory = temporaryFolder(),
  options: Parameters<typeof openStore>[1] = {},
  files = new FaultyFiles(),
) {
  const pipeline = new InMemoryPipeline();
  pipeline.answer = () => 'kept';
  return { directory, pipeline, files, place: openStore(directory, options, files).join(pipeline) };
}

/** What the next process makes of a directory. */
async function next(directory: string): Promise<InMemoryPipeline> {
  const pipeline = new InMemoryPipeline();
  const place = openStore(directory).join(pipeline);
  await passUntil(drained(directory, place));
  place.closeNow();
  return pipeline;
}

describe('a write', () => {
  it('takes everything that came while the one before was under way', async () => {
    const { place, files } = outage();
    for (let index = 0; index < 100; index += 1) place.store(requestOf(`request ${index}`), 'soon');
    await passMillis(100);
    // The header of the file, the first request, then the others; the file of the lease is one more.
    expect(files.calls.get('writev')).toBeLessThanOrEqual(4);
    place.closeNow();
  });

  it('that is behind by 8 MiB refuses more, and says when there is room again', async () => {
    const { place, files } = outage();
    let go: () => void = () => {};
    const gate = new Promise<void>((resolve) => (go = resolve));
    files.beforeLater = ({ name }) => (name === 'writev' ? gate : undefined);
    const megabyte = requestOf('large', 1, 2 ** 20 - 40);
    let taken = 0;
    while (place.store(megabyte, 'soon')) taken += 1;
    expect(taken).toBe(8);
    let ready = 0;
    place.onReady(() => (ready += 1));
    await passMillis(1_000);
    expect(ready).toBe(0);
    go();
    await passUntil(() => ready > 0);
    expect(place.store(megabyte, 'soon')).toBe(true);
    expect(lines()).toEqual([]);
    place.closeNow();
  });

  it.each<[SyncMode, number, number]>([
    ['never', 0, 0],
    ['interval', 1, 1],
    ['segment', 0, 1],
    ['always', 1, 1],
  ])(
    'with sync %s is synced %i times within a second, and %i times when the place is closed',
    async (sync, soon, closed) => {
      const { place, files } = outage(temporaryFolder(), { sync });
      const synced = (): number => files.calls.get('fdatasync') ?? 0;
      place.store(requestOf('a'), 'soon');
      await passMillis(1_000);
      expect(synced()).toBe(soon);
      const ended = place.close();
      let isEnded = false;
      void ended.then(() => (isEnded = true));
      await passUntil(() => isEnded);
      expect(synced()).toBe(closed);
    },
  );

  it('with sync never is not synced when it is sent either: nor are the folders and the cursor', async () => {
    const { place, files, pipeline } = outage(temporaryFolder(), { sync: 'never' });
    place.store(requestOf('a'), 'soon');
    place.store(requestOf('b'), 'soon');
    await passMillis(1_000);
    pipeline.answer = ({ body }) => (Buffer.concat(body.chunks).toString('latin1') === 'a' ? 'settled' : 'kept');
    await passUntil(() => pipeline.resent.length === 1);
    await passMillis(5_000);
    place.closeNow();
    expect([files.calls.get('fdatasync'), files.calls.get('fsync')]).toEqual([undefined, undefined]);
  });

  it('finds room although files of other processes go while they are counted', async () => {
    const { place, files, directory } = outage(temporaryFolder(), { segmentBytes: 1_000 });
    place.store(requestOf('a', 1, 800), 'soon');
    await passUntil(() => segmentsIn(directory).length === 1);
    files.fault = ({ name, args: [path] }) =>
      name === 'lstat' && String(path).endsWith('.seg') ? 'ENOENT' : undefined;
    place.store(requestOf('b', 1, 800), 'soon');
    await passUntil(() => segmentsIn(directory).length === 2);
    expect(lines()).toEqual([]);
    place.closeNow();
  });

  it.each(SYNC_MODES)(
    'now, with sync %s, is on the disk when store returns, and off the event loop nothing is left',
    (sync) => {
      const { place, files, directory } = outage(temporaryFolder(), { sync });
      expect(place.store(requestOf('at the end'), 'now')).toBe(true);
      expect(files.calls.get('fdatasync') ?? 0).toBe(sync === 'never' ? 0 : 1);
      expect(readFileSync(segmentsIn(directory)[0] ?? '', 'latin1')).toContain('at the end');
      place.closeNow();
    },
  );

  it('now comes after everything that was to be written soon, also while that is being written', async () => {
    const { place, files, directory, pipeline } = outage();
    const held: (() => void)[] = [];
    files.beforeLater = async ({ name }) => {
      if (name === 'writev') await new Promise<void>((resolve) => void held.push(resolve));
    };
    const texts = Array.from({ length: 10 }, (_, index) => `request ${index}`);
    for (const text of texts.slice(0, 4)) place.store(requestOf(text, 2), 'soon');
    // The first write is under way, and nobody knows how far it has come.
    await passUntil(() => held.length > 0);
    for (const text of texts.slice(4)) expect(place.store(requestOf(text, 2), 'now')).toBe(true);
    files.beforeLater = () => {};
    for (const go of held) go();
    await passMillis(500);
    place.closeNow();
    const { resent, lost } = await next(directory);
    expect(resent.map(({ text }) => text)).toEqual(texts);
    expect([...lost, ...pipeline.lost]).toEqual([]);
  });

  it('that is still under way while later requests fill more files does not harm these', async () => {
    const { place, files, directory, pipeline } = outage(temporaryFolder(), { segmentBytes: 4_000 });
    const texts = Array.from({ length: 10 }, (_, index) => `request ${index}:`.padEnd(1_500, `${index}`));
    place.store(requestOf(texts[0] ?? ''), 'soon');
    await passMillis(100);
    let go: () => void = () => {};
    files.beforeLater = ({ name }) => (name === 'writev' ? new Promise<void>((resolve) => (go = resolve)) : undefined);
    place.store(requestOf(texts[1] ?? ''), 'soon');
    await passMillis(100);
    for (const text of texts.slice(2)) expect(place.store(requestOf(text), 'now')).toBe(true);
    // Were its file closed by now, its descriptor would be that of another one.
    files.beforeLater = () => {};
    go();
    await passMillis(100);
    place.closeNow();
    const { resent, lost } = await next(directory);
    expect(resent.map(({ text }) => text)).toEqual(texts);
    expect([...lost, ...pipeline.lost]).toEqual([]);
  });

  it('that fails halfway is cut back, so that it takes no room', async () => {
    const { place, files, directory } = outage();
    place.store(requestOf('whole'), 'now');
    let calls = 0;
    files.fault = ({ name }) => (name === 'writev' ? ((calls += 1) === 1 ? 'short' : 'EIO') : undefined);
    expect(place.store(requestOf('failing'.padEnd(1_000)), 'now')).toBe(false);
    expect(bytesIn(segmentsIn(directory)[0]?.replace(/[^/]+$/, '') ?? '')).toBe(place.getMetrics().bytes);
    files.fault = () => undefined;
    expect(place.store(requestOf('next'), 'now')).toBe(true);
    place.closeNow();
    expect((await next(directory)).resent.map(({ text }) => text)).toEqual(['whole', 'next']);
  });

  it('that has finished while the process ends synchronously is not sent twice', async () => {
    const { place, files, directory } = outage();
    let isHeld = true;
    const held: (() => void)[] = [];
    files.beforeLater = async ({ name }) => {
      if (name === 'fdatasync' && isHeld) await new Promise<void>((resolve) => void held.push(resolve));
    };
    place.store(requestOf('first', 2), 'now');
    place.store(requestOf('second', 2), 'soon');
    await passMillis(600);
    expect(held).toHaveLength(1);
    place.store(requestOf('third', 2), 'now');
    isHeld = false;
    for (const go of held) go();
    place.closeNow();
    await passMillis(100);
    expect((await next(directory)).resent.map(({ text }) => text)).toEqual(['first', 'second', 'third']);
  });

  it('that is pending when the process ends during a close is in the file', async () => {
    const { place, files, directory } = outage();
    files.beforeLater = async ({ name }) => {
      if (name === 'writev') await new Promise(() => {});
    };
    place.store(requestOf('pending'), 'soon');
    void place.close();
    await passMillis(200);
    place.closeNow();
    expect(readFileSync(segmentsIn(directory).at(-1) ?? '', 'latin1')).toContain('pending');
  });
});

describe('requests that go on coming while others are written', () => {
  it('keep neither a sync from being made, nor what is written from being sent', async () => {
    const { place, files, pipeline } = outage(temporaryFolder(), { sync: 'interval' });
    pipeline.answer = () => 'settled';
    const seen = { syncs: 0, sent: 0 };
    let left = 60;
    files.beforeLater = ({ name }) => {
      if (name !== 'writev' || left === 0) return;
      left -= 1;
      vi.advanceTimersByTime(50);
      place.store(requestOf('next'), 'soon');
      Object.assign(seen, { syncs: files.calls.get('fdatasync') ?? 0, sent: pipeline.resent.length });
    };
    place.store(requestOf('first'), 'soon');
    await passUntil(() => left === 0);
    expect(seen.syncs).toBeGreaterThanOrEqual(3);
    expect(seen.sent).toBeGreaterThan(10);
    place.closeNow();
  });
});

describe('whenWritten', () => {
  it('waits for what was taken before, however slow the disk is, and for nothing that comes later', async () => {
    const { place, files, directory } = outage();
    const gates: (() => void)[] = [];
    files.beforeLater = async ({ name }) => {
      if (name === 'writev') await new Promise<void>((resolve) => gates.push(resolve));
    };
    place.store(requestOf('first'), 'soon');
    const answers: boolean[] = [];
    void place.whenWritten().then((answer) => answers.push(answer));
    await passUntil(() => {
      place.store(requestOf('later'), 'soon');
      gates.shift()?.();
      return answers.length > 0;
    });
    expect(answers).toEqual([true]);
    expect(readFileSync(segmentsIn(directory)[0] ?? '', 'latin1')).toContain('first');
    for (const go of gates) go();
    files.beforeLater = () => {};
    place.closeNow();
  });

  it('says that no file takes it, also while it is being sent from memory', async () => {
    const { place, files, pipeline } = outage();
    pipeline.answer = async () => new Promise(() => {});
    files.fault = ({ name }) => (name === 'writev' ? 'EIO' : undefined);
    place.store(requestOf('a'), 'soon');
    expect(await place.whenWritten()).toBe(false);
    await passUntil(() => pipeline.inFlight > 0);
    expect(await place.whenWritten()).toBe(false);
    place.closeNow();
  });

  it('is true at once if there is nothing, and after the end', async () => {
    const { place } = outage();
    expect(await place.whenWritten()).toBe(true);
    place.store(requestOf('a'), 'soon');
    place.closeNow();
    expect(await place.whenWritten()).toBe(true);
  });
});

describe('the bound in bytes', () => {
  it('is kept while requests go on coming, and the oldest are given up and counted', async () => {
    const maxBytes = 2 ** 20;
    const { place, directory, pipeline } = outage(temporaryFolder(), { maxBytes, segmentBytes: maxBytes / 8 });
    let most = 0;
    for (let index = 0; index < 300; index += 1) {
      expect(place.store(requestOf(`request ${index}:`, 3, 10_000), 'soon')).toBe(true);
      await passMillis(10);
      most = Math.max(most, bytesIn(directory));
    }
    expect(most).toBeLessThanOrEqual(maxBytes + maxBytes / 8);
    expect(most).toBeGreaterThan(maxBytes / 2);
    expect(place.getMetrics().bytes).toBeLessThanOrEqual(maxBytes);
    pipeline.answer = () => 'settled';
    await passUntil(() => place.isEmpty);
    expect(pipeline.resentItems + pipeline.lostItems('spool_full')).toBe(900);
    expect(pipeline.lostItems('spool_full')).toBeGreaterThan(500);
    // The newest are there.
    expect(pipeline.resent.at(-1)?.text).toContain('request 299:');
    place.closeNow();
  });

  it('covers all pipelines of the service: the oldest file of any of them is given up', async () => {
    const maxBytes = 2 ** 20;
    const directory = temporaryFolder();
    const store = openStore(directory, { maxBytes, segmentBytes: maxBytes / 8 });
    const [traces, logs] = [new InMemoryPipeline('traces'), new InMemoryPipeline('logs')];
    for (const pipeline of [traces, logs]) pipeline.answer = () => 'kept';
    const [first, second] = [store.join(traces), store.join(logs)];
    for (let index = 0; index < 60; index += 1) {
      first.store(requestOf('trace', 1, 10_000), 'soon');
      await passMillis(10);
    }
    for (let index = 0; index < 80; index += 1) {
      second.store(requestOf('log', 1, 10_000), 'soon');
      await passMillis(10);
    }
    expect(traces.lostItems('spool_full')).toBeGreaterThan(0);
    expect(logs.lostItems()).toBe(0);
    expect(bytesIn(directory)).toBeLessThanOrEqual(maxBytes);
    first.closeNow();
    second.closeNow();
  });

  it('is told in the log if the files of others leave no room, and the pipeline keeps its items', async () => {
    const maxBytes = 2 ** 20;
    const directory = temporaryFolder();
    const options = { maxBytes, segmentBytes: maxBytes / 8 };
    const other = outage(directory, { ...options, maxBytes: 2 * maxBytes });
    for (let index = 0; index < 120; index += 1) other.place.store(requestOf('other', 1, 10_000), 'now');
    const { place, pipeline } = outage(directory, options);
    place.store(requestOf('a', 1), 'soon');
    await passUntil(() => lines().length > 0);
    expect(lines()[0]).toMatch(
      /it is full: \d+ of maxBytes 1048576 are used, by files that this process must not give up/,
    );
    expect(place.store(requestOf('b', 1), 'soon')).toBe(false);
    expect([...pipeline.lost, ...other.pipeline.lost]).toEqual([]);
    place.closeNow();
    other.place.closeNow();
  });

  it('is not the only reason to refuse: what is no request is refused too, and changes nothing', async () => {
    const { place, pipeline } = outage();
    const { body } = requestOf('a');
    for (const items of [0, -1, 1.5, Number.NaN, 2 ** 33])
      expect(place.store({ items, body }, 'soon'), String(items)).toBe(false);
    expect(place.store({ items: 1, body: { chunks: ['text' as never], byteLength: 2 } }, 'now')).toBe(false);
    expect(place.isEmpty).toBe(true);
    place.store(requestOf('b', 2), 'now');
    pipeline.answer = () => 'settled';
    await passUntil(() => place.isEmpty);
    expect(pipeline.resent).toEqual([{ text: 'b', items: 2, storedBy: 'here' }]);
    place.closeNow();
  });

  it('refuses a request that would take half of it', () => {
    const { place, directory } = outage(temporaryFolder(), { maxBytes: 2 ** 20, segmentBytes: 2 ** 17 });
    expect(place.store(requestOf('large', 1, 2 ** 19 + 1), 'now')).toBe(false);
    expect(place.store(requestOf('fits', 1, 2 ** 19 - 100), 'now')).toBe(true);
    expect(segmentsIn(directory)).toHaveLength(1);
    place.closeNow();
  });
});

describe('a full disk', () => {
  it('costs the oldest file, as often as it must, and nothing else', async () => {
    const { place, files, pipeline, directory } = outage(temporaryFolder(), { segmentBytes: 4_000 });
    for (let index = 0; index < 10; index += 1) place.store(requestOf(`old ${index}`, 1, 1_800), 'now');
    let failures = 2;
    files.fault = ({ name }) => (name === 'writev' && (failures -= 1) >= 0 ? 'ENOSPC' : undefined);
    expect(place.store(requestOf('new', 7, 1_800), 'now')).toBe(true);
    // Two files of two requests each, of which up to four are in flight and still sent from memory.
    place.closeNow();
    expect(pipeline.lost.every(({ reason }) => reason === 'spool_full')).toBe(true);
    expect(
      segmentsIn(directory)
        .map((path) => readFileSync(path, 'latin1'))
        .join(),
    ).toContain('new');
    const { resentItems } = await next(directory);
    expect(resentItems + pipeline.lostItems()).toBe(17);
  });

  it('costs what is being sent from a file that was given up, if the process ends before it is answered', async () => {
    const { place, files, pipeline, directory } = outage(temporaryFolder(), { segmentBytes: 4_000 });
    pipeline.answer = async () => new Promise(() => {});
    for (let index = 0; index < 10; index += 1) place.store(requestOf(`old ${index}`, 1, 1_800), 'now');
    await passUntil(() => pipeline.inFlight === 2);
    let failures = 2;
    files.fault = ({ name }) => (name === 'writev' && (failures -= 1) >= 0 ? 'ENOSPC' : undefined);
    expect(place.store(requestOf('new', 7, 1_800), 'now')).toBe(true);
    expect(pipeline.lost).toEqual([]);
    place.closeNow();
    const lost = pipeline.lostItems('spool_full');
    expect(lost).toBeGreaterThan(0);
    expect(place.getMetrics().items).toBe(17 - lost);
    const { resentItems } = await next(directory);
    expect(resentItems).toBe(17 - lost);
  });
});
