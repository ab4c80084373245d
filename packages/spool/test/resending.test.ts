import { readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { itemsIn } from '@spillway/otlp/parts';
import type { RequestToStore, StoredRequest } from '@spillway/pipeline';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodeCursor } from '../src/format/cursor.ts';
import { FaultyFiles } from './faulty-files.ts';
import { InMemoryPipeline, requestOf } from './in-memory-pipeline.ts';
import { leaveChain } from './left-chain.ts';
import { useLoggedLines } from './logged-lines.ts';
import { passMillis, passUntil } from './passing-time.ts';
import { drained, filesIn, openStore, segmentsIn, SERVICE, temporaryFolder } from './temporary-spool.ts';

const lines = useLoggedLines();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function open(directory = temporaryFolder(), signal: 'traces' | 'metrics' = 'traces', options = {}) {
  const pipeline = new InMemoryPipeline(signal);
  return { directory, pipeline, place: openStore(directory, options).join(pipeline) };
}

/** A request of OTLP traces, of one scope, with spans that have nothing but a name. */
function otlpRequest(names: readonly string[]): RequestToStore {
  const field = (tag: number, content: Buffer): Buffer => Buffer.concat([Buffer.from([tag, content.length]), content]);
  const spans = names.map((name) => field(0x12, field(0x2a, Buffer.from(name))));
  const bytes = field(0x0a, field(0x12, Buffer.concat(spans)));
  return { items: names.length, body: { chunks: [bytes], byteLength: bytes.length } };
}

const namesIn = ({ body }: StoredRequest): string[] =>
  [
    ...Buffer.concat(body.chunks)
      .toString('latin1')
      .matchAll(/span-\d/g),
  ].map(([name]) => name);

describe('what is stored is resent', () => {
  it('by four requests at a time for spans and log records, and one after the other for metrics', async () => {
    for (const [signal, atOnce] of [
      ['traces', 4],
      ['metrics', 1],
    ] as const) {
      const { pipeline, place } = open(temporaryFolder(), signal);
      let go: () => void = () => {};
      const gate = new Promise<void>((resolve) => (go = resolve));
      pipeline.answer = () => gate.then(() => 'settled' as const);
      for (let index = 0; index < 10; index += 1) place.store(requestOf(`${index}`), 'now');
      await passMillis(1_000);
      expect(pipeline.inFlight).toBe(atOnce);
      go();
      await passUntil(() => place.isEmpty);
      expect(pipeline.mostInFlight).toBe(atOnce);
      place.closeNow();
    }
  });

  it('again and again while it is kept, without keeping the event loop from anything else', async () => {
    const { pipeline, place } = open();
    let asked = 0;
    pipeline.answer = () => ((asked += 1) > 20 ? 'settled' : 'kept');
    place.store(requestOf('a', 2), 'now');
    await passUntil(() => place.isEmpty);
    expect(pipeline.resentItems).toBe(2);
    place.closeNow();
  });

  it('also by a pipeline that breaks its promise and rejects', async () => {
    const { pipeline, place } = open();
    let asked = 0;
    pipeline.answer = () => {
      if ((asked += 1) < 3) throw new Error('broken');
      return 'settled';
    };
    place.store(requestOf('a', 2), 'now');
    await passUntil(() => place.isEmpty);
    expect(pipeline.resentItems).toBe(2);
    place.closeNow();
  });

  it('from one file after the other, with bodies that stay as they are while they are in flight', async () => {
    // The pipeline of these tests compares each body before and after.
    const { pipeline, place, directory } = open(temporaryFolder(), 'traces', { segmentBytes: 2_000 });
    let isDown = true;
    pipeline.answer = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return isDown ? 'kept' : 'settled';
    };
    for (let index = 0; index < 60; index += 1) place.store(requestOf(`request ${index}:`, 1, 500), 'soon');
    await passUntil(() => segmentsIn(directory).length === 20);
    isDown = false;
    await passUntil(() => place.isEmpty);
    expect(pipeline.resent).toHaveLength(60);
    // Files go as soon as their items have settled.
    await passUntil(() => segmentsIn(directory).length <= 1);
    place.closeNow();
    expect(filesIn(directory)).toEqual([]);
  });

  it('only as far as it was not settled, after a crash: the cursor is half a second old at most', async () => {
    const { pipeline, place, directory } = open();
    pipeline.answer = ({ items }) => (items <= 5 ? 'settled' : 'kept');
    for (let items = 1; items <= 8; items += 1) place.store(requestOf(`${items}`, items), 'now');
    await passMillis(600);
    const path = join(directory, filesIn(directory).find((name) => name.endsWith('cursor')) ?? '');
    expect(decodeCursor(readFileSync(path), undefined)?.item).toBe(1 + 2 + 3 + 4 + 5);
    place.closeNow();
    const next = open(directory);
    await passUntil(drained(directory, next.place));
    expect(next.pipeline.resent.map(({ items }) => items)).toEqual([6, 7, 8]);
    next.place.closeNow();
  });

  it('except what is older than the limit, which is counted as expired', async () => {
    const { directory } = await leaveChain([
      { text: 'a', items: 2 },
      { text: 'b', items: 3 },
    ]);
    vi.setSystemTime(Date.now() + 3_600_000);
    const { pipeline, place } = open(directory, 'traces', { maxAgeMillis: 3_000_000 });
    await passUntil(drained(directory, place));
    expect(pipeline.resent).toEqual([]);
    expect(pipeline.lost.every(({ reason, storedBy }) => reason === 'expired' && storedBy === 'elsewhere')).toBe(true);
    expect(pipeline.lostItems()).toBe(5);
    place.closeNow();
  });

  it('also if the clock jumps: nothing that this process has stored is older than its spool', async () => {
    const { pipeline, place } = open(temporaryFolder(), 'traces', { maxAgeMillis: 60_000 });
    let isDown = true;
    pipeline.answer = () => (isDown ? 'kept' : 'settled');
    place.store(requestOf('a', 2), 'now');
    await passMillis(1_000);
    vi.setSystemTime(Date.now() + 86_400_000);
    await passMillis(1_000);
    vi.setSystemTime(Date.now() - 2 * 86_400_000);
    await passMillis(1_000);
    isDown = false;
    await passUntil(() => place.isEmpty);
    expect(pipeline.resentItems).toBe(2);
    expect(pipeline.lost).toEqual([]);
    place.closeNow();
  });
});

it('nothing is counted or logged for files that are gone after a place was closed', async () => {
  const directory = temporaryFolder();
  const files = new FaultyFiles();
  const pipeline = new InMemoryPipeline();
  pipeline.answer = () => 'kept';
  const place = openStore(directory, { segmentBytes: 100 }, files).join(pipeline);
  for (let index = 0; index < 20; index += 1) place.store(requestOf(`${index}`.padEnd(60)), 'now');
  // The next file is about to be read when the place is closed, and another process takes the files.
  let go: () => void = () => {};
  files.beforeLater = ({ name }) => (name === 'open' ? new Promise<void>((resolve) => (go = resolve)) : undefined);
  await passMillis(100);
  place.closeNow();
  rmSync(join(directory, SERVICE), { recursive: true });
  go();
  await passMillis(100);
  expect(pipeline.lost).toEqual([]);
  expect(lines()).toEqual([]);
});

describe('a request that is too large', () => {
  it('is sent in halves, and their halves, in order, and settles with the last of them', async () => {
    const { pipeline, place } = open();
    const sent: string[][] = [];
    pipeline.answer = (request) => {
      expect(itemsIn('traces', Buffer.concat(request.body.chunks))).toBe(request.items);
      if (request.items > 2) return 'too_large';
      sent.push(namesIn(request));
      return 'settled';
    };
    place.store(otlpRequest(['span-1', 'span-2', 'span-3', 'span-4', 'span-5']), 'now');
    await passUntil(() => place.isEmpty);
    expect(sent).toEqual([['span-1', 'span-2'], ['span-3'], ['span-4', 'span-5']]);
    expect(pipeline.lost).toEqual([]);
    place.closeNow();
  });

  it('and cannot be split counts as corrupt, instead of being sent for ever', async () => {
    const { pipeline, place } = open();
    pipeline.answer = () => 'too_large';
    place.store(requestOf('no protobuf', 4), 'now');
    await passUntil(() => place.isEmpty);
    expect(pipeline.lost).toEqual([{ reason: 'spool_corrupt', items: 4, storedBy: 'here' }]);
    place.closeNow();
  });

  it('counts only the rest as lost, if it can be split no further', async () => {
    const { pipeline, place } = open();
    pipeline.answer = (request) => (namesIn(request).includes('span-2') ? 'too_large' : 'settled');
    place.store(otlpRequest(['span-1', 'span-2', 'span-3', 'span-4']), 'now');
    await passUntil(() => place.isEmpty);
    expect(pipeline.resentItems).toBe(1);
    expect(pipeline.lostItems()).toBe(3);
    place.closeNow();
  });
});

describe('a request that supersedes', () => {
  it('takes the place of everything that was stored and is not in flight, also for the next process', async () => {
    const { pipeline, place, directory } = open(temporaryFolder(), 'metrics');
    pipeline.answer = () => 'kept';
    for (const text of ['first', 'second', 'third']) place.store({ ...requestOf(text, 5), supersedes: true }, 'now');
    place.store(requestOf('part of the third', 2), 'now');
    await passMillis(100);
    // The pipeline may have one of them at that moment.
    expect(pipeline.lostItems('superseded') + place.getMetrics().items).toBe(17);
    expect(place.getMetrics().items).toBeLessThanOrEqual(12);
    place.closeNow();
    const next = open(directory, 'metrics');
    await passUntil(drained(directory, next.place));
    expect(next.pipeline.resent.map(({ text }) => text)).toEqual(['third', 'part of the third']);
    expect(next.pipeline.lost).toEqual([]);
    next.place.closeNow();
  });

  it('leaves alone what another process has stored', async () => {
    const { directory } = await leaveChain([{ text: 'of traces', items: 1 }]);
    const { pipeline, place } = open(directory, 'metrics');
    place.store({ ...requestOf('a', 1), supersedes: true }, 'now');
    await passUntil(() => pipeline.resent.length === 1);
    expect(segmentsIn(directory).some((path) => statSync(path).size > 0)).toBe(true);
    expect(pipeline.lost).toEqual([]);
    place.closeNow();
  });
});

describe('two pipelines of one signal', () => {
  it('have a chain each, and the next process gives each its own', async () => {
    const directory = temporaryFolder();
    const store = openStore(directory);
    const [one, two] = [new InMemoryPipeline(), new InMemoryPipeline()];
    for (const pipeline of [one, two]) pipeline.answer = () => 'kept';
    const places = [store.join(one), store.join(two)];
    places[0]?.store(requestOf('for one'), 'now');
    places[1]?.store(requestOf('for two'), 'now');
    for (const place of places) place.closeNow();

    const next = openStore(directory);
    const [first, second] = [new InMemoryPipeline(), new InMemoryPipeline()];
    const joined = [next.join(first), next.join(second)];
    await passUntil(() => first.resent.length === 1 && second.resent.length === 1);
    expect([first.resent[0]?.text, second.resent[0]?.text]).toEqual(['for one', 'for two']);
    for (const place of joined) place.closeNow();
  });

  it('one after the other in a process: the later one sends what the earlier one has left', async () => {
    const directory = temporaryFolder();
    const store = openStore(directory);
    const logs = store.join(new InMemoryPipeline('logs'));
    const one = new InMemoryPipeline();
    one.answer = () => 'kept';
    const place = store.join(one);
    place.store(requestOf('left', 3), 'now');
    place.closeNow();
    const two = new InMemoryPipeline();
    const later = store.join(two);
    later.store(requestOf('new', 1), 'now');
    await passUntil(() => two.resent.length === 2);
    expect(two.resent.map(({ text, storedBy }) => [text, storedBy])).toEqual(
      expect.arrayContaining([
        ['left', 'elsewhere'],
        ['new', 'here'],
      ]),
    );
    later.closeNow();
    logs.closeNow();
    expect(filesIn(directory)).toEqual([]);
    // And once more, after everything was closed.
    const again = store.join(new InMemoryPipeline());
    expect(again.store(requestOf('again'), 'now')).toBe(true);
    again.closeNow();
    expect(segmentsIn(directory)).toHaveLength(1);
    expect(dirname(segmentsIn(directory)[0] ?? '')).toMatch(/traces$/);
  });
});
