import { crc32 } from 'node:zlib';

/**
 * How far a chain has been settled. The file `cursor` has two slots that are written in turn, so that a slot that was
 * not written completely leaves the older one. All numbers are little-endian.
 *
 *     0  magic      4 bytes
 *     4  sequence   u32     the higher one counts
 *     8  item       u48     all items below it have settled
 *    14  zero       u16
 *    16  salt       u32     of the chain
 *    20  CRC        u32     of bytes 0 to 19
 *    24  zero       8 bytes
 */
export const SLOT_BYTES = 32;
export const CURSOR_BYTES = 2 * SLOT_BYTES;

const MAGIC = Buffer.from([0xf5, 0x53, 0x50, 0x43]);

export interface Cursor {
  readonly sequence: number;
  readonly item: number;
  readonly salt: number;
}

export function encodeCursor({ sequence, item, salt }: Cursor): Buffer {
  const bytes = Buffer.alloc(SLOT_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(sequence, 4);
  bytes.writeUIntLE(item, 8, 6);
  bytes.writeUInt32LE(salt, 16);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 20)), 20);
  return bytes;
}

/** Where the slot of a cursor is in the file. */
export function positionOf({ sequence }: Pick<Cursor, 'sequence'>): number {
  return (sequence % 2) * SLOT_BYTES;
}

/**
 * @param salt of the chain; `undefined` if it is not known
 * @returns `undefined` if no slot is whole, so that everything that is there is sent again
 */
export function decodeCursor(bytes: Buffer, salt: number | undefined): Cursor | undefined {
  const slots = [slotAt(bytes, 0), slotAt(bytes, SLOT_BYTES)].filter((slot) => slot !== undefined);
  const own = slots.filter((slot) => salt === undefined || slot.salt === salt);
  return own.toSorted((a, b) => b.sequence - a.sequence)[0];
}

function slotAt(bytes: Buffer, at: number): Cursor | undefined {
  if (bytes.length - at < SLOT_BYTES || MAGIC.compare(bytes, at, at + MAGIC.length) !== 0) return undefined;
  if (crc32(bytes.subarray(at, at + 20)) !== bytes.readUInt32LE(at + 20)) return undefined;
  return {
    sequence: bytes.readUInt32LE(at + 4),
    item: bytes.readUIntLE(at + 8, 6),
    salt: bytes.readUInt32LE(at + 16),
  };
}
