import { type Admission, now as clock } from '@spillway/backpressure';
import type { ItemEncoder, ResourceLike } from '../encoding/item-encoder.ts';
import { ProtobufWriter } from '../protobuf/protobuf-writer.ts';
import type { BatchRun, EncodedBatch } from './encoded-batch.ts';
import { ItemTooLargeError } from './item-too-large-error.ts';
import { EncodedLane } from './encoded-lane.ts';
import { type AssembledRequest, assembleRequest, pendingResources } from './request-assembly.ts';
import type { RequestBuffer } from './request-buffer.ts';
import { ScopeTable } from './scope-table.ts';
import { SegmentStore } from './segment-store.ts';
import { type ThinningThreshold, type ThresholdMark, UNMARKED } from '../encoding/threshold-mark.ts';

/** A segment of the full size: some hundred spans. It is kept as long as one of its items is held. */
const SEGMENT_BYTES = 128 * 1024;

/** Initial size of the scratch memory. */
const FIRST_SCRATCH_BYTES = 16 * 1024;

/** Larger scratch memory is given back after the item that needed it. */
const MAX_KEPT_SCRATCH_BYTES = 64 * 1024;

/** The writer reserves at most this much more than it uses, because it does not measure short strings beforehand. */
const RESERVE_SLACK_BYTES = 4 * 1024;

/** The default limit of an OTLP request: a larger item could never be sent. */
const DEFAULT_MAX_ITEM_BYTES = 64 * 1024 * 1024;

/** Lanes are kept in an array. A priority this high is a mistake, and would only make the array long. */
const MAX_LANE = 255;

const NOTHING = new Uint8Array(0);
const NOTHING_GIVEN_UP = { items: 0, bytes: 0 };

/**
 * Segments that are thinned out to make room for one item. The first one nearly always does: each of its items has an
 * even chance. If this many segments give no room, a caller has chosen the randomness of its traces, and must not be
 * able to slow down a hook.
 */
const MOST_SEGMENTS_THINNED_OUT = 32;

export interface EncodedBufferOptions<Item> {
  /** How an item becomes bytes. */
  readonly encoder: ItemEncoder<Item>;
  /** An item that encodes to more bytes is refused. 64 MiB by default. */
  readonly maxItemBytes?: number | undefined;
  /** The threshold by which queued items with a mark are thinned out. Default: items are not thinned out. */
  readonly thinning?: ThinningThreshold | undefined;
  /** The time in milliseconds. Default: a clock that never jumps. */
  readonly now?: (() => number) | undefined;
}

/** A batch, and whether it has settled. */
interface OutBatch extends EncodedBatch {
  isOut: boolean;
}

/**
 * A {@link BatchBuffer} that encodes each item once, when it comes in, and keeps only the bytes, off the JS heap. An
 * item costs its encoded size and at most 32 bytes. Memory is allocated as it is needed.
 *
 * The bytes of a batch must not be read after `putBack` or `release`, because they are overwritten.
 */
export class EncodedBuffer<Item> implements RequestBuffer<Item, EncodedBatch> {
  readonly isOffHeap = true;
  private readonly encoder: ItemEncoder<Item>;
  private readonly maxItemBytes: number;
  private readonly thinning: ThinningThreshold | undefined;
  private readonly now: () => number;
  private readonly store = new SegmentStore(SEGMENT_BYTES);
  private readonly scopes: ScopeTable;
  private readonly writer = new ProtobufWriter((needed) => this.growScratch(needed));
  private readonly lanes: EncodedLane[] = [];
  private queued = 0;
  private isEncoding = false;
  /** An item that outgrows the open segment is written here. */
  private scratch = NOTHING;
  private lastPushed: EncodedLane | undefined;

  /** @throws RangeError when `maxItemBytes` is below 1 or not a number */
  constructor(options: EncodedBufferOptions<Item>) {
    const { encoder, maxItemBytes = DEFAULT_MAX_ITEM_BYTES, thinning, now = clock } = options;
    if (!(maxItemBytes >= 1)) {
      throw new RangeError(`EncodedBuffer: maxItemBytes must be at least 1, got ${String(maxItemBytes)}`);
    }
    this.encoder = encoder;
    this.maxItemBytes = maxItemBytes;
    this.scopes = new ScopeTable(maxItemBytes);
    this.thinning = thinning;
    this.now = now;
  }

  get size(): number {
    return this.queued;
  }

  get lowestLane(): number {
    const index = this.lanes.findIndex((lane) => lane.runs.size > 0);
    return index === -1 ? Infinity : index;
  }

  laneSize(lane: number): number {
    return this.lanes[lane]?.runs.size ?? 0;
  }

  laneBytes(lane: number): number {
    return this.lanes[lane]?.queuedBytes ?? 0;
  }

  /** Bytes of the resources and scopes of held items, on the JavaScript heap. */
  get sharedBytes(): number {
    return this.scopes.heldBytes;
  }

  /** Bytes really allocated: for held items, their tables, and segments kept for reuse. O(segments). */
  get memoryBytes(): number {
    return this.store.memoryBytes + this.scopes.memoryBytes + this.scratch.length;
  }

  /**
   * @returns the encoded bytes of the item
   * @throws ItemTooLargeError above `maxItemBytes`
   * @throws whatever its encoding throws
   */
  push(item: Item, { lane: laneIndex, mark = UNMARKED }: Admission<ThresholdMark>): number {
    // Reading an attribute can run any code, which may even end another span, and the writer has only one position.
    if (this.isEncoding) throw new Error('an item cannot be pushed while another one is being encoded');
    const lane = this.lanes[laneIndex] ?? this.addLanes(laneIndex);
    this.isEncoding = true;
    try {
      return this.encodeInto(lane, item, mark);
    } finally {
      this.isEncoding = false;
      if (this.scratch.length > MAX_KEPT_SCRATCH_BYTES) {
        this.scratch = NOTHING;
        this.writer.retarget(NOTHING);
      }
    }
  }

  undoPush(): void {
    if (this.lastPushed === undefined) throw new Error('undoPush is valid only directly after push');
    this.lastPushed.evictNewest();
    this.queued -= 1;
    this.lastPushed = undefined;
  }

  evict(end: 'oldest' | 'newest'): number {
    const lane = this.lanes[this.lowestLane];
    if (lane === undefined) return 0;
    this.queued -= 1;
    return end === 'oldest' ? lane.evictOldest(1) : lane.evictNewest();
  }

  /**
   * Thins out the marked items of one segment, in that lane or below: see `EncodedLane.thinOut`. O(items of a segment).
   * @returns the evicted items and bytes; zeros if there is nothing, or hardly anything, to thin out
   */
  thinOut(highestLane: number): { items: number; bytes: number } {
    if (this.thinning === undefined) return NOTHING_GIVEN_UP;
    const threshold = this.thinning.upperThreshold;
    let lane = 0;
    for (let tries = 0; tries < MOST_SEGMENTS_THINNED_OUT && lane <= highestLane && lane < this.lanes.length;) {
      const thinned = this.lanes[lane]?.thinOut(threshold);
      if (thinned === undefined) {
        lane += 1;
        continue;
      }
      tries += 1;
      this.queued -= thinned.items;
      this.thinning.onThinnedOut(thinned.threshold);
      if (thinned.items > 0) return { items: thinned.items, bytes: thinned.bytes };
    }
    return NOTHING_GIVEN_UP;
  }

  take(maxItems: number, maxBytes: number): EncodedBatch {
    const now = this.now();
    const runs: BatchRun[] = [];
    const batch = { runs, itemCount: 0, byteLength: 0, firstTakenAt: now, isOut: true };
    for (let index = this.lanes.length - 1; index >= 0; index -= 1) {
      const lane = this.lanes[index] as EncodedLane;
      for (let next = lane.runs.first; next !== undefined; next = lane.runs.first) {
        const { segment, first, end } = next;
        const last = Math.min(end, first + Math.floor(maxItems) - batch.itemCount);
        let count = segment.countThatFits(first, last, maxBytes - batch.byteLength);
        if (count === 0 && batch.itemCount === 0) count = 1;
        if (count === 0) return batch;
        const run = { lane, segment, first, end: first + count };
        runs.push(run);
        batch.itemCount += count;
        batch.byteLength += segment.byteLengthOf(first, run.end);
        batch.firstTakenAt = Math.min(batch.firstTakenAt, segment.takeTimes.timeOf(first));
        segment.takeTimes.record(run.end, now);
        lane.takeOldest(count);
        this.queued -= count;
      }
    }
    return batch;
  }

  putBack(batch: EncodedBatch): void {
    if (!settles(batch)) return;
    for (const run of batch.runs) run.lane.putBack(run);
    this.queued += batch.itemCount;
  }

  release(batch: EncodedBatch): void {
    if (!settles(batch)) return;
    for (const { lane, segment, first, end } of batch.runs) lane.letGo(segment, first, end);
  }

  split(batch: EncodedBatch): [EncodedBatch, EncodedBatch] {
    settles(batch);
    const first: BatchRun[] = [];
    const rest: BatchRun[] = [];
    let left = Math.floor(batch.itemCount / 2);
    for (const run of batch.runs) {
      const middle = run.first + Math.min(left, run.end - run.first);
      left -= middle - run.first;
      if (middle > run.first) first.push({ ...run, end: middle });
      if (middle < run.end) rest.push({ ...run, first: middle });
    }
    return [batchOf(first), batchOf(rest)];
  }

  firstTakenAt(batch: EncodedBatch): number {
    return batch.firstTakenAt;
  }

  countOf(batch: EncodedBatch): number {
    return batch.itemCount;
  }

  bytesOf(batch: EncodedBatch): number {
    return batch.byteLength;
  }

  evictTakenBefore(time: number): { items: number; bytes: number } {
    const before = this.queued;
    let bytes = 0;
    for (const lane of this.lanes) {
      for (let run = lane.runs.first; run !== undefined; run = lane.runs.first) {
        const expired = Math.min(run.end, run.segment.takeTimes.endBefore(time)) - run.first;
        if (expired <= 0) break;
        bytes += lane.evictOldest(expired);
        this.queued -= expired;
      }
    }
    return { items: before - this.queued, bytes };
  }

  /** The request body that carries a batch. */
  assembleRequest(batch: EncodedBatch): AssembledRequest {
    return assembleRequest(batch, this.scopes);
  }

  /** The resources in a batch whose attributes are still being detected. Nearly always empty. */
  pendingResources(batch: EncodedBatch): ResourceLike[] {
    return pendingResources(batch, this.scopes);
  }

  /** If encoding throws, the item's scope is released again, and nothing else has changed. */
  private encodeInto(lane: EncodedLane, item: Item, mark: ThresholdMark): number {
    // Held before the item is encoded, because its getters may release everything else.
    const scopeId = this.scopes.hold(this.encoder.resourceOf(item), this.encoder.scopeOf(item));
    try {
      return this.append(lane, item, scopeId, mark);
    } catch (error) {
      this.scopes.letGo(scopeId, 1);
      throw error;
    }
  }

  private append(lane: EncodedLane, item: Item, scopeId: number, mark: ThresholdMark): number {
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
    lane.append(segment, byteLength, scopeId, mark, distance ?? 0);
    this.queued += 1;
    this.lastPushed = lane;
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

  private addLanes(index: number): EncodedLane {
    if (!Number.isInteger(index) || index < 0 || index > MAX_LANE) {
      throw new RangeError(`a lane is a whole number from 0 to ${MAX_LANE}, got ${String(index)}`);
    }
    while (this.lanes.length <= index) this.lanes.push(new EncodedLane(this.store, this.scopes));
    return this.lanes[index] as EncodedLane;
  }
}

/** A batch of runs that were taken out. */
function batchOf(runs: readonly BatchRun[]): OutBatch {
  const batch = { runs, itemCount: 0, byteLength: 0, firstTakenAt: Infinity, isOut: true };
  for (const { segment, first, end } of runs) {
    batch.itemCount += end - first;
    batch.byteLength += segment.byteLengthOf(first, end);
    batch.firstTakenAt = Math.min(batch.firstTakenAt, segment.takeTimes.timeOf(first));
  }
  return batch;
}

/** True for the first call for a batch. A second call has no effect: it would free memory that others use by now. */
function settles(batch: EncodedBatch): boolean {
  const out = batch as OutBatch;
  if (!out.isOut) return false;
  out.isOut = false;
  return true;
}
