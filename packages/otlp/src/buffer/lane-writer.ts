import type { Admission } from '@spillway/backpressure';
import type { ItemEncoder } from '../encoding/item-encoder.ts';
import { type ThresholdMark, UNMARKED } from '../thinning-out/threshold-mark.ts';
import { ProtobufWriter } from '../protobuf/protobuf-writer.ts';
import type { EncodedLane } from './encoded-lane.ts';
import type { EncodedLanes } from './encoded-lanes.ts';
import { ItemTooLargeError } from './item-too-large-error.ts';

/** Initial size of the scratch memory. */
const FIRST_SCRATCH_BYTES = 16 * 1024;

/** Larger scratch memory is given back after the item that needed it. */
const MAX_KEPT_SCRATCH_BYTES = 64 * 1024;

/** The writer reserves at most this much more than it uses, because it does not measure short strings beforehand. */
const RESERVE_SLACK_BYTES = 4 * 1024;

/** The default limit of an OTLP request: a larger item could never be sent. */
const DEFAULT_MAX_ITEM_BYTES = 64 * 1024 * 1024;

const NOTHING = new Uint8Array(0);

/** Encodes items straight into the segments of lanes. */
export class LaneWriter<Item> {
  readonly maxItemBytes: number;
  private readonly encoder: Pick<ItemEncoder<Item>, 'encode'>;
  private readonly writer = new ProtobufWriter((needed) => this.growScratch(needed));
  private isEncoding = false;
  /** An item that outgrows the open segment is written here. */
  private scratch = NOTHING;

  /**
   * @param maxItemBytes an item that encodes to more bytes is refused. 64 MiB by default
   * @throws RangeError when `maxItemBytes` is below 1 or not a number
   */
  constructor(encoder: Pick<ItemEncoder<Item>, 'encode'>, maxItemBytes = DEFAULT_MAX_ITEM_BYTES) {
    if (!(maxItemBytes >= 1)) {
      throw new RangeError(`maxItemBytes must be at least 1, got ${String(maxItemBytes)}`);
    }
    this.encoder = encoder;
    this.maxItemBytes = maxItemBytes;
  }

  /** Bytes of the scratch memory. */
  get memoryBytes(): number {
    return this.scratch.length;
  }

  /**
   * Queues an item at the end of its lane.
   * @returns the encoded bytes of the item
   * @throws ItemTooLargeError above `maxItemBytes`
   * @throws whatever its encoding throws
   */
  push(item: Item, { lane: laneIndex, mark = UNMARKED }: Admission<ThresholdMark>, lanes: EncodedLanes<Item>): number {
    this.refuseNestedPush();
    const lane = lanes.laneOf(laneIndex);
    this.isEncoding = true;
    try {
      const byteLength = this.encodeInto(lane, item, mark, lanes);
      lanes.onPushed(lane);
      return byteLength;
    } finally {
      this.isEncoding = false;
      if (this.scratch.length > MAX_KEPT_SCRATCH_BYTES) {
        this.scratch = NOTHING;
        this.writer.retarget(NOTHING);
      }
    }
  }

  /**
   * Reading an attribute can run any code, which may even end another span, and the writer has only one position.
   * @throws if an item is being encoded
   */
  refuseNestedPush(): void {
    if (this.isEncoding) throw new Error('an item cannot be pushed while another one is being encoded');
  }

  /** If encoding throws, the item's headers are released again, and nothing else has changed. */
  private encodeInto(lane: EncodedLane, item: Item, mark: ThresholdMark, { headers }: EncodedLanes<Item>): number {
    // Held before the item is encoded, because its getters may release everything else.
    const headerId = headers.hold(item);
    try {
      return this.append(lane, item, headerId, mark);
    } catch (error) {
      headers.letGo(headerId, 1);
      throw error;
    }
  }

  private append(lane: EncodedLane, item: Item, headerId: number, mark: ThresholdMark): number {
    const { writer } = this;
    let segment = lane.open;
    writer.retarget(segment.bytes, segment.view);
    writer.position = segment.byteLength;
    writer.itemStart = segment.byteLength;
    const distance = this.encoder.encode(item, writer, mark);
    const { bytes, itemStart, position } = writer;
    const byteLength = position - itemStart;
    if (byteLength > this.maxItemBytes) throw new ItemTooLargeError(byteLength, this.maxItemBytes);
    if (bytes !== segment.bytes) segment = lane.moveToNewSegment(bytes.subarray(itemStart, position));
    // The item's getters may have removed the items before it.
    else if (itemStart !== segment.byteLength) bytes.copyWithin(segment.byteLength, itemStart, position);
    lane.append(segment, byteLength, headerId, mark, distance ?? 0);
    return byteLength;
  }

  /** Called only if the scratch, should it contain the item, is too small, so an item is never copied onto itself. */
  private growScratch(needed: number): Uint8Array {
    const most = this.maxItemBytes + RESERVE_SLACK_BYTES;
    if (needed > most) throw new ItemTooLargeError(needed, this.maxItemBytes);
    if (this.scratch.length < needed) {
      this.scratch = new Uint8Array(Math.max(FIRST_SCRATCH_BYTES, Math.min(needed * 2, most)));
    }
    return this.scratch;
  }
}
