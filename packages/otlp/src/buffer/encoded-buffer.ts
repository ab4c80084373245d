import type { Admission } from '@spillway/backpressure';
import type { ItemEncoder, ResourceLike } from '../encoding/item-encoder.ts';
import type { ThresholdMark } from '../thinning-out/threshold-mark.ts';
import type { EncodedBatch } from './encoded-batch.ts';
import { EncodedLanes, type EncodedLanesOptions } from './encoded-lanes.ts';
import { LaneWriter } from './lane-writer.ts';
import { type AssembledRequest, assembleRequest, pendingResources } from './request-assembly.ts';
import type { RequestBuffer } from './request-buffer.ts';
import { ScopeTable } from './scope-table.ts';
import { SegmentStore } from './segment-store.ts';

export interface EncodedBufferOptions<Item> extends EncodedLanesOptions {
  /** How an item becomes bytes. */
  readonly encoder: ItemEncoder<Item>;
  /** An item that encodes to more bytes is refused. 64 MiB by default. */
  readonly maxItemBytes?: number | undefined;
}

/**
 * A `BatchBuffer` that encodes each item once, when it comes in, and keeps only the bytes, off the JS heap. An item
 * costs its encoded size and at most 32 bytes. Memory is allocated as it is needed.
 *
 * The bytes of a batch must not be read after `putBack` or `release`, because they are overwritten.
 */
export class EncodedBuffer<Item> implements RequestBuffer<Item, EncodedBatch> {
  readonly isOffHeap = true;
  private readonly writer: LaneWriter<Item>;
  private readonly store = new SegmentStore();
  private readonly scopes: ScopeTable;
  private readonly lanes: EncodedLanes<Item>;

  /** @throws RangeError when `maxItemBytes` is below 1 or not a number */
  constructor({ encoder, maxItemBytes, ...options }: EncodedBufferOptions<Item>) {
    this.writer = new LaneWriter(encoder, maxItemBytes);
    const scopes = new ScopeTable(this.writer.maxItemBytes);
    this.scopes = scopes;
    this.lanes = new EncodedLanes(
      this.store,
      {
        hold: (item) => scopes.hold(encoder.resourceOf(item), encoder.scopeOf(item)),
        letGo: (id, items) => scopes.letGo(id, items),
      },
      options,
    );
  }

  get size(): number {
    return this.lanes.size;
  }

  get returnedSize(): number {
    return this.lanes.returnedSize;
  }

  get lowestLane(): number {
    return this.lanes.lowestLane;
  }

  laneSize(lane: number): number {
    return this.lanes.laneSize(lane);
  }

  laneBytes(lane: number): number {
    return this.lanes.laneBytes(lane);
  }

  /** See {@link EncodedLanes.oldestQueuedAt}. */
  get oldestQueuedAt(): number | undefined {
    return this.lanes.oldestQueuedAt;
  }

  /** Bytes of the resources and scopes of held items, on the JavaScript heap. */
  get sharedBytes(): number {
    return this.scopes.heldBytes;
  }

  /** Bytes really allocated: for held items, their tables, and segments kept for reuse. O(segments). */
  get memoryBytes(): number {
    return this.store.memoryBytes + this.scopes.memoryBytes + this.writer.memoryBytes;
  }

  /**
   * @returns the encoded bytes of the item
   * @throws ItemTooLargeError above `maxItemBytes`
   * @throws whatever its encoding throws
   */
  push(item: Item, admission: Admission<ThresholdMark>): number {
    return this.writer.push(item, admission, this.lanes);
  }

  undoPush(): void {
    this.lanes.undoPush();
  }

  evict(end: 'oldest' | 'newest'): number {
    return this.lanes.evict(end);
  }

  /** See {@link EncodedLanes.thinOut}. */
  thinOut(highestLane: number): { items: number; bytes: number } {
    return this.lanes.thinOut(highestLane);
  }

  take(maxItems: number, maxBytes: number): EncodedBatch {
    return this.lanes.take(maxItems, maxBytes);
  }

  putBack(batch: EncodedBatch): void {
    this.lanes.putBack(batch);
  }

  release(batch: EncodedBatch): void {
    this.lanes.release(batch);
  }

  split(batch: EncodedBatch): [EncodedBatch, EncodedBatch] {
    return this.lanes.split(batch);
  }

  firstTakenAt(batch: EncodedBatch): number {
    return batch.firstTakenAt;
  }

  laneCountOf(batch: EncodedBatch, lane: number): number {
    return this.lanes.laneCountOf(batch, lane);
  }

  countOf(batch: EncodedBatch): number {
    return batch.itemCount;
  }

  bytesOf(batch: EncodedBatch): number {
    return batch.byteLength;
  }

  evictTakenBefore(time: number): { items: number; bytes: number } {
    return this.lanes.evictTakenBefore(time);
  }

  /** The request body that carries a batch. */
  assembleRequest(batch: EncodedBatch): AssembledRequest {
    return assembleRequest(batch, (id) => this.scopes.enclosuresOf(id));
  }

  /** The resources in a batch whose attributes are still being detected. Nearly always empty. */
  pendingResources(batch: EncodedBatch): ResourceLike[] {
    if (!this.scopes.hasPendingResources) return [];
    return pendingResources(batch, (id) => this.scopes.pendingResourceOf(id));
  }
}
