import type { AssembledRequest } from '../../src/buffer/request-assembly.ts';
import type { EncodedBatch } from '../../src/buffer/encoded-batch.ts';
import type { InstrumentationScopeLike, ItemEncoder, ResourceLike } from '../../src/encoding/item-encoder.ts';
import { varintSize } from '../../src/protobuf/protobuf-writer.ts';

/** An item that consists of an id and filling. */
export interface SampleItem {
  readonly id: number;
  /** Bytes of the whole field, at least 9. */
  readonly bytes: number;
  readonly scope?: InstrumentationScopeLike;
  readonly resource?: ResourceLike;
  /** Runs while the item is half written. */
  readonly onEncode?: () => void;
}

export const sampleScope: InstrumentationScopeLike = { name: 'sample' };
export const sampleResource: ResourceLike = { attributes: { 'service.name': 'sample' } };

const TAG_ITEM = 0x12;
const ID_BYTES = 4;

/** Writes the id and then the filling in pieces, so that an item can outgrow its segment at any byte. */
export const sampleEncoder: ItemEncoder<SampleItem> = {
  encode({ id, bytes, onEncode }, writer) {
    const length = payloadBytes(bytes);
    writer.reserve(1 + 5 + ID_BYTES);
    writer.putVarint(TAG_ITEM);
    writer.putVarint(length);
    writer.putFixed32(id);
    onEncode?.();
    for (let rest = length - ID_BYTES; rest > 0;) {
      const piece = Math.min(rest, 1_000);
      writer.reserve(piece);
      writer.bytes.fill(fillOf(id), writer.position, writer.position + piece);
      writer.position += piece;
      rest -= piece;
    }
  },
  scopeOf: ({ scope }) => scope ?? sampleScope,
  resourceOf: ({ resource }) => resource ?? sampleResource,
};

/** The ids of a batch's items, after a check that their bytes have not changed. */
export function idsOf(batch: EncodedBatch): number[] {
  return batch.runs.flatMap(({ segment, first, end }) =>
    idsIn(segment.bytes.subarray(segment.startOf(first), segment.startOf(end))),
  );
}

/** The ids of consecutive items. */
export function idsIn(bytes: Uint8Array): number[] {
  const ids: number[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let position = 0; position < bytes.length;) {
    if (bytes[position] !== TAG_ITEM) throw new Error(`no item begins at ${position}`);
    let length = 0;
    let shift = 0;
    for (position += 1; ; position += 1, shift += 7) {
      const byte = bytes[position] as number;
      length += (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    position += 1;
    const id = view.getUint32(position, true);
    const filling = bytes.subarray(position + ID_BYTES, position + length);
    // Several times faster than a look at each byte, and items may be large.
    if (!Buffer.alloc(filling.length, fillOf(id)).equals(filling))
      throw new Error(`the bytes of item ${id} have changed`);
    ids.push(id);
    position += length;
  }
  return ids;
}

export function joined({ chunks, byteLength }: AssembledRequest): Uint8Array {
  const bytes = new Uint8Array(byteLength);
  let position = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, position);
    position += chunk.length;
  }
  if (position !== byteLength) throw new Error(`the chunks have ${position} bytes instead of ${byteLength}`);
  return bytes;
}

function payloadBytes(bytes: number): number {
  return Math.max(ID_BYTES, bytes - 1 - varintSize(bytes));
}

function fillOf(id: number): number {
  return (id * 31 + 7) & 0xff;
}
