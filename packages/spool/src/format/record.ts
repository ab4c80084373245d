import { crc32 } from 'node:zlib';
import type { Signal } from '@spillway/config';
import type { OtlpRequestBody } from '@spillway/otlp/parts';

/**
 * A record is a head and the body of a request. All numbers are little-endian.
 *
 *     0  magic          4 bytes
 *     4  salt           u32     the same in all records of a chain
 *     8  body length    u32
 *    12  items          u32
 *    16  first item     u48     grows by the items of each record
 *    22  signal         u8      1 traces, 2 logs, 3 metrics
 *    23  flags          u8      1: supersedes all records before it
 *    24  time           u48     milliseconds since the epoch
 *    30  zero           u16
 *    32  CRC of body    u32     starts with the salt
 *    36  CRC of head    u32     of bytes 0 to 35
 *    40  body
 *
 * The body of a request may contain anything, also a copy of a record. The salt is random and in no body, so a copy is
 * not taken for a record when the reader looks for the next one after a damaged place.
 */
export const HEAD_BYTES = 40;
/** The first byte is in no text of UTF-8. */
export const RECORD_MAGIC = Buffer.from([0xf5, 0x53, 0x50, 0x4c]);
/** No request comes near it: collectors take 20 MiB at most by default. A length above it is damage. */
export const MAX_BODY_BYTES = 64 * 2 ** 20;

export const MAX_ITEMS = 2 ** 32 - 1;

const SUPERSEDES = 1;
const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics'];
const MOST_U48 = 2 ** 48 - 1;

export interface RecordHead {
  readonly signal: Signal;
  readonly items: number;
  /** The number of its first item in the chain. */
  readonly first: number;
  readonly supersedes: boolean;
  readonly storedAt: number;
  readonly bodyBytes: number;
  readonly bodyCrc: number;
  readonly salt: number;
}

export type NewRecord = Pick<RecordHead, 'signal' | 'items' | 'first' | 'supersedes' | 'storedAt' | 'salt'>;

/** Copies the body, whose memory is used again. @throws RangeError if it is not as long as it says */
export function encodeRecord(record: NewRecord, { chunks, byteLength }: OtlpRequestBody): Buffer {
  // Not from Node's pool, which would keep other memory alive.
  const bytes = Buffer.allocUnsafeSlow(HEAD_BYTES + byteLength);
  let position = HEAD_BYTES;
  for (const chunk of chunks) {
    bytes.set(chunk, position);
    position += chunk.byteLength;
  }
  // Otherwise, memory of something else would be written.
  if (position !== bytes.length) throw new RangeError(`a body of ${byteLength} bytes has ${position - HEAD_BYTES}`);
  RECORD_MAGIC.copy(bytes);
  bytes.writeUInt32LE(record.salt, 4);
  bytes.writeUInt32LE(byteLength, 8);
  bytes.writeUInt32LE(record.items, 12);
  bytes.writeUIntLE(record.first, 16, 6);
  bytes.writeUInt8(SIGNALS.indexOf(record.signal) + 1, 22);
  bytes.writeUInt8(record.supersedes ? SUPERSEDES : 0, 23);
  bytes.writeUIntLE(u48(record.storedAt), 24, 6);
  bytes.writeUInt16LE(0, 30);
  bytes.writeUInt32LE(crc32(bytes.subarray(HEAD_BYTES), record.salt), 32);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 36)), 36);
  return bytes;
}

/**
 * @param salt of the chain; `undefined` if it is not known
 * @returns `undefined` if there is no whole head at this place
 */
export function headAt(bytes: Buffer, at: number, salt: number | undefined): RecordHead | undefined {
  if (bytes.length - at < HEAD_BYTES) return undefined;
  if (RECORD_MAGIC.compare(bytes, at, at + RECORD_MAGIC.length) !== 0) return undefined;
  if (salt !== undefined && bytes.readUInt32LE(at + 4) !== salt) return undefined;
  if (crc32(bytes.subarray(at, at + 36)) !== bytes.readUInt32LE(at + 36)) return undefined;
  const signal = SIGNALS[bytes.readUInt8(at + 22) - 1];
  const bodyBytes = bytes.readUInt32LE(at + 8);
  if (signal === undefined || bodyBytes > MAX_BODY_BYTES) return undefined;
  return {
    signal,
    items: bytes.readUInt32LE(at + 12),
    first: bytes.readUIntLE(at + 16, 6),
    supersedes: (bytes.readUInt8(at + 23) & SUPERSEDES) !== 0,
    storedAt: bytes.readUIntLE(at + 24, 6),
    bodyBytes,
    bodyCrc: bytes.readUInt32LE(at + 32),
    salt: bytes.readUInt32LE(at + 4),
  };
}

export function isWhole(head: RecordHead, body: Uint8Array): boolean {
  return crc32(body, head.salt) === head.bodyCrc;
}

/** A clock that was set wrong may give anything. */
export function u48(millis: number): number {
  return Math.min(Math.max(Math.trunc(millis) || 0, 0), MOST_U48);
}
