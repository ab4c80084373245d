import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../sampling/test/seeded-random.ts';
import { SegmentReader, WINDOW_BYTES } from '../src/chain/segment-reader.ts';
import type { FileSystem } from '../src/files/file-system.ts';
import { NODE_FILES } from '../src/files/file-system.ts';
import { runNow } from '../src/files/work.ts';
import { encodeRecord, HEAD_BYTES, MAX_BODY_BYTES, RECORD_MAGIC } from '../src/format/record.ts';
import { encodeHeader } from '../src/format/segment-header.ts';
import { readChain } from './read-chain.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-spool-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const SALT = 12_345;

function record(first: number, items: number, body: Uint8Array, salt = SALT): Buffer {
  const request = { chunks: [body], byteLength: body.byteLength };
  return encodeRecord({ signal: 'traces', items, first, supersedes: false, storedAt: 1_000, salt }, request);
}

const header = (first = 0): Buffer => encodeHeader({ salt: SALT, first, createdAt: 1_000 });

/** Reads a folder with one file, and notes the largest piece of it that was read at once. */
function read(content: Uint8Array): { texts: readonly string[]; lost: number } {
  writeFileSync(join(folder, '00000001.seg'), content);
  const { texts, lost } = readChain(folder);
  return { texts, lost: lost['spool_corrupt'] ?? 0 };
}

function bytesOf(random: () => number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
}

describe('the reader', () => {
  it('takes any bytes for what they are: no records', () => {
    const random = seededRandom(1);
    for (let round = 0; round < 300; round += 1) {
      const bytes = bytesOf(random, Math.floor(random() * 400));
      // Bytes that look like the beginning of something, in many places.
      for (let at = 0; at + 4 < bytes.length; at += 1 + Math.floor(random() * 60)) RECORD_MAGIC.copy(bytes, at);
      expect(read(Buffer.concat([random() < 0.5 ? header() : Buffer.alloc(0), bytes]))).toEqual({ texts: [], lost: 0 });
    }
  });

  it('delivers only records that were written, whatever is changed in a file, cut out of it, doubled or put into it', () => {
    const random = seededRandom(2);
    const written = Array.from({ length: 12 }, (_, index) => `body ${index} `.repeat(1 + Math.floor(random() * 9)));
    const whole = Buffer.concat([header(), ...written.map((text, index) => record(index * 3, 3, Buffer.from(text)))]);
    for (let round = 0; round < 400; round += 1) {
      let bytes = Buffer.from(whole);
      for (let count = 1 + Math.floor(random() * 4); count > 0; count -= 1) {
        const at = Math.floor(random() * bytes.length);
        const length = Math.floor(random() * 200);
        const part = bytes.subarray(at, at + length);
        const kind = Math.floor(random() * 4);
        if (kind === 0) bytes[at] = Math.floor(random() * 256);
        else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
        else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), part, part, bytes.subarray(at + length)]);
        else bytes = Buffer.concat([bytes.subarray(0, at), bytesOf(random, length), bytes.subarray(at)]);
      }
      const { texts, lost } = read(bytes);
      expect(texts.every((text) => written.includes(text))).toBe(true);
      expect(new Set(texts).size).toBe(texts.length);
      expect(lost).toBeLessThanOrEqual(36 - texts.length * 3);
    }
  });

  it('does not take a record for one that somebody has put into an attribute, even if the record around it is damaged', () => {
    const planted = record(0, 1_000_000, Buffer.from('planted'), 54_321);
    const body = Buffer.concat([Buffer.alloc(100, 'x'), planted, Buffer.alloc(100, 'y')]);
    const file = Buffer.concat([header(), record(0, 1, body), record(1, 1, Buffer.from('next'))]);
    const headDamaged = Buffer.from(file);
    headDamaged[32 + 8] = 0xff;
    expect(read(headDamaged)).toEqual({ texts: ['next'], lost: 1 });
  });

  it('takes linear time for a file that is made of heads whose bodies reach to its end', () => {
    const count = 20_000;
    const file = Buffer.alloc(count * HEAD_BYTES);
    for (let index = 0; index < count; index += 1) {
      const head = record(index, 1, Buffer.alloc(0));
      head.writeUInt32LE(file.length - (index + 1) * HEAD_BYTES, 8);
      head.writeUInt32LE(crc32(head.subarray(0, 36)), 36);
      head.copy(file, index * HEAD_BYTES);
    }
    let reads = 0;
    const files: FileSystem = {
      later: NODE_FILES.later,
      now(call) {
        if (call.name === 'read') reads += 1;
        return NODE_FILES.now(call);
      },
    };
    const path = join(folder, 'heads.seg');
    writeFileSync(path, Buffer.concat([header(), file]));
    const reader = runNow(files, SegmentReader.open(path));
    // The first head is believed, so its body is skipped, and no other head is looked at.
    expect(runNow(files, reader.next(file.length + 32))).toMatchObject({ kind: 'damaged', head: { first: 0 } });
    expect(runNow(files, reader.next(file.length + 32))).toBeUndefined();
    runNow(files, reader.close());
    // The header, and one window.
    expect(reads).toBe(2);
  });

  it('keeps at most a window of a large file in memory, and finds a record at every place around the end of a window', () => {
    const text = 'across the windows';
    let longest = 0;
    const files: FileSystem = {
      later: NODE_FILES.later,
      now(call) {
        if (call.name === 'read') longest = Math.max(longest, (call.args[1] as Uint8Array).byteLength);
        return NODE_FILES.now(call);
      },
    };
    const path = join(folder, 'large.seg');
    for (const shift of [-HEAD_BYTES - 30, -HEAD_BYTES, -HEAD_BYTES + 1, -4, -3, -1, 0, 1]) {
      const noise = Buffer.alloc(WINDOW_BYTES + shift, 7);
      writeFileSync(
        path,
        Buffer.concat([header(), noise, record(5, 2, Buffer.from(text)), Buffer.alloc(WINDOW_BYTES)]),
      );
      const reader = runNow(files, SegmentReader.open(path));
      const size = runNow(files, reader.size());
      const entry = runNow(files, reader.next(size));
      expect(entry?.kind === 'record' && Buffer.from(entry.body).toString()).toBe(text);
      expect(runNow(files, reader.next(size))).toBeUndefined();
      runNow(files, reader.close());
    }
    expect(longest).toBe(WINDOW_BYTES);
  });

  it('does not believe a length above what any request may have, and reads on behind it', () => {
    const huge = record(0, 1, Buffer.from('huge'));
    huge.writeUInt32LE(MAX_BODY_BYTES + 1, 8);
    const file = Buffer.concat([header(), huge, record(1, 1, Buffer.from('small'))]);
    expect(read(file)).toEqual({ texts: ['small'], lost: 1 });
  });

  it('leaves a file of a newer version, or of something else, unread and counts nothing for it', () => {
    const newer = header();
    newer.writeUInt16LE(2, 8);
    expect(read(newer)).toEqual({ texts: [], lost: 0 });
    expect(read(readFileSync(process.execPath).subarray(0, 100_000))).toEqual({ texts: [], lost: 0 });
  });
});
