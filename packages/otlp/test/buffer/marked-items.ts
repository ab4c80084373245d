import type { EncodedBatch } from '../../src/buffer/encoded-batch.ts';
import { EncodedBuffer } from '../../src/buffer/encoded-buffer.ts';
import type { ThinningThreshold, ThresholdMark } from '../../src/thinning-out/threshold-mark.ts';
import type { InstrumentationScopeLike, ItemEncoder } from '../../src/encoding/item-encoder.ts';
import { ScopeTable } from '../../src/buffer/scope-table.ts';
import { sampleResource } from './sample-items.ts';

/** An item that states the threshold that it has passed, as text at a known place. */
export interface MarkedItem {
  readonly id: number;
  readonly bytes: number;
  readonly mark: ThresholdMark;
  /** Digits of the threshold that it came with. Default: those of its mark. */
  readonly digits?: string;
  /** Bytes after the digits. */
  readonly behind: number;
}

/** The fields that are read back from an item. */
export interface ReadItem {
  readonly id: number;
  /** The upper 16 bits of the threshold. */
  readonly threshold: number;
  /** All digits of the threshold. */
  readonly digits: string;
}

/** The items take turns in using these. */
const SCOPES = Array.from({ length: 7 }, (_, index) => ({ name: `scope ${index}` }));

const ID_BYTES = 4;
const LEAST_DIGITS = 4;

/** `id, length, filling, digits, filling`: a simple form that a test can read. */
const encoder: ItemEncoder<MarkedItem> = {
  encode({ id, bytes, mark, behind, digits = mark.threshold.toString(16).padStart(LEAST_DIGITS, '0') }, writer) {
    const length = Math.max(bytes, 2 * ID_BYTES + digits.length + behind);
    writer.reserve(length);
    const start = writer.position;
    writer.bytes.fill(0x2e, start, start + length);
    writer.view.setUint32(start, id, true);
    writer.view.setUint32(start + ID_BYTES, length, true);
    writer.bytes.set(Buffer.from(digits), start + length - behind - digits.length);
    writer.position = start + length;
    return !mark.isSaid ? 0 : digits.length + behind;
  },
  scopeOf: ({ id }) => scopeOf(id),
  resourceOf: () => sampleResource,
};

/** A buffer of such items, and the threshold for new ones. */
export class MarkedBuffer implements ThinningThreshold {
  readonly buffer: EncodedBuffer<MarkedItem> = new EncodedBuffer({ encoder, thinning: this });
  upperThreshold = 0;
  /** The highest threshold that any segment was thinned out to. */
  thinnedOutBy = 0;
  /** How many times a segment was thinned out. */
  segmentsThinnedOut = 0;

  onThinnedOut(threshold: number): void {
    this.thinnedOutBy = Math.max(this.thinnedOutBy, threshold);
    this.segmentsThinnedOut += 1;
  }

  push(item: MarkedItem, lane = 0): void {
    this.buffer.push(item, { lane, mark: item.mark });
  }
}

/** The bytes that the resources and scopes of those items count for while the items are held. */
export function sharedBytesOf(ids: readonly number[]): number {
  const table = new ScopeTable();
  for (const id of ids) table.hold(sampleResource, scopeOf(id));
  return table.heldBytes;
}

function scopeOf(id: number): InstrumentationScopeLike {
  return SCOPES[id % SCOPES.length] as InstrumentationScopeLike;
}

export function readItems(batch: EncodedBatch, behindOf: (id: number) => number): ReadItem[] {
  return batch.runs.flatMap(({ segment, first, end }) => {
    const items: ReadItem[] = [];
    for (let index = first; index < end; index += 1) {
      const bytes = segment.bytes.subarray(segment.startOf(index), segment.startOf(index + 1));
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const id = view.getUint32(0, true);
      if (view.getUint32(ID_BYTES, true) !== bytes.length) throw new Error(`item ${id} was cut`);
      const [digits = ''] =
        /[0-9a-f]+$/.exec(Buffer.from(bytes.subarray(0, bytes.length - behindOf(id))).toString('latin1')) ?? [];
      items.push({ id, threshold: Number.parseInt(digits.slice(0, LEAST_DIGITS), 16), digits });
    }
    return items;
  });
}
