import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../sampling/test/seeded-random.ts';
import { leaveChain, type LeftChain, openLeft, type StoredRecord } from './left-chain.ts';
import { folderOf, readChain } from './read-chain.ts';

const HEADER_BYTES = 32;
const HEAD_BYTES = 40;

/** Where something is in the files of a chain: found by its text, not by the code that is tested. */
interface Placed extends StoredRecord {
  readonly first: number;
  readonly segment: string;
  readonly from: number;
  readonly to: number;
}

function place({ records, segments }: LeftChain): readonly Placed[] {
  const contents = segments.map((path) => ({ path, text: readFileSync(path, 'latin1') }));
  let first = 0;
  return records.map((record) => {
    const { path = '', text = '' } = contents.find((file) => file.text.includes(record.text)) ?? {};
    const body = text.indexOf(record.text);
    const placed = {
      ...record,
      first,
      segment: basename(path),
      from: body - HEAD_BYTES,
      to: body + record.text.length,
    };
    first += record.items;
    return placed;
  });
}

/** Bytes of a file that are not as they were written. */
interface Damage {
  readonly segment: string;
  readonly from: number;
  readonly to: number;
}

/** What a reader can know at best: every record without damage, and how many are missing before something that is whole. */
function bestKnowledge(placed: readonly Placed[], damage: readonly Damage[]) {
  const isHurt = (segment: string, from: number, to: number): boolean =>
    damage.some((hurt) => hurt.segment === segment && hurt.from < to && hurt.to > from);
  const whole = placed.filter(({ segment, from, to }) => !isHurt(segment, from, to));
  const heads = placed.filter(({ segment, from }) => !isHurt(segment, from, from + HEAD_BYTES));
  const segments = [...new Set(placed.map(({ segment }) => segment))];
  const headers = segments.filter((segment) => !isHurt(segment, 0, HEADER_BYTES));
  const ends = [
    ...heads.map(({ first, items }) => first + items),
    ...headers.map((segment) => placed.find((record) => record.segment === segment)?.first ?? 0),
  ];
  const end = Math.max(0, ...ends);
  const starts = [...heads, ...placed.filter(({ segment }) => headers.includes(segment))].map(({ first }) => first);
  const start = Math.min(end, ...starts);
  const lost = placed.filter((record) => !whole.includes(record) && record.first >= start && record.first < end);
  return { texts: whole.map(({ text }) => text), lost: lost.reduce((sum, { items }) => sum + items, 0) };
}

function randomRecords(random: () => number, count: number, longest: number): readonly StoredRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    text: `record ${index}:`
      .padEnd(12 + Math.floor(random() * longest), String.fromCodePoint(97 + (index % 26)))
      .concat('|'),
    items: 1 + Math.floor(random() * 9),
  }));
}

let scratch = '';
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'spillway-spool-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** The chain in a folder of its own, where it may be damaged. */
function copyOf(chain: LeftChain): string {
  const target = mkdtempSync(join(scratch, 'chain-'));
  cpSync(folderOf(chain.segments[0]), target, { recursive: true });
  return target;
}

describe('a chain', () => {
  it('cut at any byte of its last file is read up to there, and only what was cut in two is lost', async () => {
    const random = seededRandom(1);
    const chain = await leaveChain(randomRecords(random, 7, 60), { segmentBytes: 300 });
    expect(chain.segments.length).toBeGreaterThan(1);
    const placed = place(chain);
    const [last = ''] = chain.segments.slice(-1);
    const size = statSync(last).size;
    for (let length = 0; length <= size; length += 1) {
      const folder = copyOf(chain);
      truncateSync(join(folder, basename(last)), length);
      const { texts, lost } = readChain(folder);
      const best = bestKnowledge(placed, [{ segment: basename(last), from: length, to: Infinity }]);
      expect({ length, texts, lost: lost['spool_corrupt'] ?? 0 }).toEqual({ length, ...best });
      rmSync(folder, { recursive: true });
    }
  });

  it('with any bit of a file flipped loses the record of that bit, and nothing else', async () => {
    const chain = await leaveChain(randomRecords(seededRandom(2), 5, 40), { segmentBytes: 300 });
    const placed = place(chain);
    for (const path of chain.segments) {
      const bytes = readFileSync(path);
      for (let bit = 0; bit < bytes.length * 8; bit += 3) {
        const folder = copyOf(chain);
        const changed = Buffer.from(bytes);
        const at = bit >> 3;
        changed[at] = (changed[at] ?? 0) ^ (1 << (bit & 7));
        writeFileSync(join(folder, basename(path)), changed);
        const { texts, lost } = readChain(folder);
        const best = bestKnowledge(placed, [{ segment: basename(path), from: at, to: at + 1 }]);
        expect({ path, bit, texts, lost: lost['spool_corrupt'] ?? 0 }).toEqual({ path, bit, ...best });
        rmSync(folder, { recursive: true });
      }
    }
  });

  it.each(Array.from({ length: 60 }, (_, seed) => seed))(
    'damaged in several ways at once (seed %i) loses what is damaged, counts it exactly, and delivers everything else',
    async (seed) => {
      const random = seededRandom(seed + 100);
      const chain = await leaveChain(randomRecords(random, 30, 3_000), { segmentBytes: 16_384 });
      const placed = place(chain);
      const folder = folderOf(chain.segments[0]);
      const damage: Damage[] = [];
      for (let count = 1 + Math.floor(random() * 3); count > 0; count -= 1) {
        const path = chain.segments[Math.floor(random() * chain.segments.length)] ?? '';
        const segment = basename(path);
        const bytes = readFileSync(path);
        const kind = Math.floor(random() * 4);
        const at = Math.floor(random() * bytes.length);
        if (kind === 0) {
          // A page that never reached the disk.
          const from = at - (at % 4_096);
          const to = Math.min(from + 4_096, bytes.length);
          bytes.fill(0, from, to);
          damage.push({ segment, from, to });
          writeFileSync(path, bytes);
        } else if (kind === 1) {
          bytes[at] = (bytes[at] ?? 0) ^ 0x10;
          damage.push({ segment, from: at, to: at + 1 });
          writeFileSync(path, bytes);
        } else if (kind === 2) {
          truncateSync(path, at);
          damage.push({ segment, from: at, to: Infinity });
        } else {
          // Another file in its place, as after a crash of some file systems.
          const noise = Uint8Array.from({ length: 500 }, () => Math.floor(random() * 256));
          noise.forEach((byte, offset) => at + offset < bytes.length && (bytes[at + offset] = byte));
          damage.push({ segment, from: at, to: at + noise.length });
          writeFileSync(path, bytes);
        }
      }
      const best = bestKnowledge(placed, damage);
      const { texts, lost } = readChain(folder);
      expect({ texts, lost: lost['spool_corrupt'] ?? 0 }).toEqual(best);

      const pipeline = await openLeft(chain);
      expect(pipeline.resent.map(({ text }) => text)).toEqual(best.texts);
      expect(pipeline.lost.reduce((sum, { items }) => sum + items, 0)).toBe(best.lost);
      expect(
        pipeline.lost.every(({ reason, storedBy }) => reason === 'spool_corrupt' && storedBy === 'elsewhere'),
      ).toBe(true);
    },
  );

  it('that lost a file in the middle counts its items, and one that lost its first files takes them for sent', async () => {
    const chain = await leaveChain(randomRecords(seededRandom(3), 20, 200), { segmentBytes: 1_024 });
    const placed = place(chain);
    const [first = '', second = '', third = ''] = chain.segments;
    const itemsOf = (path: string): number =>
      placed.filter(({ segment }) => segment === basename(path)).reduce((sum, { items }) => sum + items, 0);
    const folder = folderOf(first);
    unlinkSync(third);
    expect(readChain(folder).lost).toEqual({ spool_corrupt: itemsOf(third) });
    unlinkSync(first);
    unlinkSync(second);
    expect(readChain(folder).lost).toEqual({});
  });

  it('whose cursor is lost, damaged or of another chain is sent again from its first file on', async () => {
    const chain = await leaveChain(randomRecords(seededRandom(4), 20, 200), { segmentBytes: 1_024 });
    const all = chain.records.map(({ text }) => text);
    const folder = folderOf(chain.segments[0]);
    const other = await leaveChain(randomRecords(seededRandom(5), 5, 20));
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(64), Buffer.alloc(64, 0xf5)]) {
      writeFileSync(chain.cursor, bytes);
      expect(readChain(folder).texts).toEqual(all);
    }
    writeFileSync(other.cursor, '');
    copyFileSync(other.cursor, chain.cursor);
    expect(readChain(folder).texts).toEqual(all);
  });
});
