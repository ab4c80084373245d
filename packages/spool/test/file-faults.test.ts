import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { seededRandom } from '../../sampling/test/seeded-random.ts';
import type { FileOperation } from '../src/files/file-system.ts';
import { endProcesses } from './ended-process.ts';
import { type Fault, FaultyFiles } from './faulty-files.ts';
import { InMemoryPipeline, requestOf } from './in-memory-pipeline.ts';
import { passUntil } from './passing-time.ts';
import { drained, openStore, temporaryFolder } from './temporary-spool.ts';

const OPERATIONS: readonly FileOperation[] = [
  'open',
  'close',
  'read',
  'writev',
  'ftruncate',
  'fdatasync',
  'fsync',
  'fstat',
  'lstat',
  'readdir',
  'readlink',
  'mkdir',
  'rmdir',
  'rename',
  'unlink',
  'utimes',
];
/** The disk is full; it fails; something that may pass; something that will not; it takes its time. */
const FAULTS: readonly Fault[] = ['ENOSPC', 'EIO', 'EMFILE', 'EACCES', 'slow'];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function passTurns(turns: number): Promise<void> {
  let turn = 0;
  await passUntil(() => (turn += 1) > turns);
}

/** Stores and resends under faults, and checks the law at every step, and across the next process. */
async function run(seed: number, faultOf: (random: () => number, name: FileOperation) => Fault): Promise<void> {
  const random = seededRandom(seed);
  const directory = temporaryFolder();
  const files = new FaultyFiles();
  files.fault = ({ name }) => faultOf(random, name);
  const pipeline = new InMemoryPipeline();
  let isCollectorThere = false;
  pipeline.answer = () => (isCollectorThere ? 'settled' : 'kept');
  const place = openStore(directory, { segmentBytes: 2_000, sync: 'always' }, files).join(pipeline);
  const stored = new Map<string, number>();
  let storedItems = 0;
  const checkLaw = (): void =>
    expect(pipeline.resentItems + pipeline.lostItems() + place.getMetrics().items).toBe(storedItems);
  const storeSome = (count: number, when: 'soon' | 'now'): void => {
    for (let index = 0; index < count; index += 1) {
      const text = `request ${stored.size}:`.padEnd(20 + Math.floor(random() * 600), '-');
      const items = 1 + Math.floor(random() * 5);
      const isTaken = place.store(requestOf(text, items), when);
      if (isTaken) stored.set(text, items);
      if (isTaken) storedItems += items;
      checkLaw();
    }
  };
  for (let round = 0; round < 6; round += 1) {
    storeSome(8, 'soon');
    await passTurns(30);
    checkLaw();
    isCollectorThere = round % 2 === 1;
  }
  storeSome(2, 'now');
  isCollectorThere = seed % 2 === 0;
  await passTurns(40);
  checkLaw();
  isCollectorThere = false;
  const closed = place.close();
  let isClosed = false;
  void closed.then(() => (isClosed = true));
  await passUntil(() => isClosed);

  // The next process has no faults. It finds what the first one could write.
  endProcesses(directory);
  const next = new InMemoryPipeline();
  const other = openStore(directory).join(next);
  await passUntil(drained(directory, other));
  const delivered = new Set([...pipeline.resent, ...next.resent].map(({ text }) => text));
  const missing = [...stored].filter(([text]) => !delivered.has(text));
  const missingItems = missing.reduce((sum, [, items]) => sum + items, 0);
  const lost = pipeline.lostItems() + next.lostItems();
  expect(missingItems, `${missing.map(([text]) => text.slice(0, 12)).join()}; lost ${lost}`).toBeLessThanOrEqual(lost);
  for (const { text, items } of [...pipeline.resent, ...next.resent]) expect(stored.get(text)).toBe(items);
  other.closeNow();
}

describe('what was stored is resent, lost or still stored, at every step and across processes,', () => {
  it.each(OPERATIONS.flatMap((name) => FAULTS.map((fault) => [name, fault] as const)))(
    'while %s fails now and then with %s',
    async (name, fault) => {
      await run(1, (random, called) => (called === name && random() < 0.3 ? fault : undefined));
    },
  );

  it('while writes are short', async () => {
    await run(3, (random, called) => (called === 'writev' && random() < 0.5 ? 'short' : undefined));
  });

  it.each(OPERATIONS)('if %s never works', async (name) => {
    await run(2, (_, called) => (called === name ? 'EIO' : undefined));
  });

  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    'while anything fails now and then (seed %i)',
    async (seed) => {
      await run(seed, (random) =>
        random() < 0.1 ? [...FAULTS, 'short' as const][Math.floor(random() * (FAULTS.length + 1))] : undefined,
      );
    },
  );
});
