import { crc32 } from 'node:zlib';
import { u48 } from './record.ts';

/**
 * The first bytes of a segment file. All numbers are little-endian.
 *
 *     0  magic        8 bytes
 *     8  version      u16     1
 *    10  zero         u16
 *    12  salt         u32     of all records of the chain
 *    16  first item   u48     of the first record
 *    22  time         u48     milliseconds since the epoch
 *    28  CRC          u32     of bytes 0 to 27
 */
export const HEADER_BYTES = 32;
/** The version of all files of a spool. */
export const FORMAT_VERSION = 1;

/** As the magic of PNG: a file that was transferred as text has changed. */
const MAGIC = Buffer.from([0x89, 0x53, 0x50, 0x4f, 0x4f, 0x4c, 0x0d, 0x0a]);

export interface SegmentHeader {
  readonly salt: number;
  readonly first: number;
  readonly createdAt: number;
}

export function encodeHeader({ salt, first, createdAt }: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt16LE(FORMAT_VERSION, 8);
  bytes.writeUInt32LE(salt, 12);
  bytes.writeUIntLE(first, 16, 6);
  bytes.writeUIntLE(u48(createdAt), 22, 6);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 28)), 28);
  return bytes;
}

/** @returns `undefined` if the bytes are not the beginning of a segment of this version */
export function decodeHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < HEADER_BYTES || MAGIC.compare(bytes, 0, MAGIC.length) !== 0) return undefined;
  if (crc32(bytes.subarray(0, 28)) !== bytes.readUInt32LE(28)) return undefined;
  if (bytes.readUInt16LE(8) !== FORMAT_VERSION) return undefined;
  return {
    salt: bytes.readUInt32LE(12),
    first: bytes.readUIntLE(16, 6),
    createdAt: bytes.readUIntLE(22, 6),
  };
}
