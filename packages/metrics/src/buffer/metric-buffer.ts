import type { Admission } from '@spillway/backpressure';
import {
  type AssembledRequest,
  assembleRequest,
  type EncodedBatch,
  type Enclosure,
  LaneWriter,
  pendingResources,
  type RequestBuffer,
  ScopeTable,
  SegmentStore,
} from '@spillway/otlp';
import type { OnAttributeDropped, ResourceLike, ThresholdMark } from '@spillway/otlp/encoding';
import type { CollectedPoint } from '../collected-point.ts';
import { DataPointEncoder } from '../encoding/data-point-encoder.ts';
import type { OnExemplarsDropped } from '../encoding/exemplar-encoder.ts';
import { MetricHeaderEncoder } from '../encoding/metric-header-encoder.ts';
import { HeldCollection, type SharedParts } from './held-collection.ts';

export interface MetricBufferOptions {
  /** A point that encodes to more bytes loses exemplars, and is refused if that is not enough. 64 MiB by default. */
  readonly maxItemBytes?: number | undefined;
  /** Called for every attribute that was left out because it cannot be encoded. */
  readonly onAttributeDropped?: OnAttributeDropped | undefined;
  /** Called for exemplars that were left out. */
  readonly onExemplarsDropped?: OnExemplarsDropped | undefined;
  /** The time in milliseconds. Default: a clock that never jumps. */
  readonly now?: (() => number) | undefined;
}

/** Points of one collection that were taken out. Their bytes are valid until the batch is put back or released. */
export interface MetricBatch {
  readonly points: EncodedBatch;
  /** `undefined` if the batch is empty. */
  readonly collection: HeldCollection | undefined;
}

/** A batch of nothing. */
const NO_POINTS: EncodedBatch = {
  runs: [],
  itemCount: 0,
  byteLength: 0,
  firstTakenAt: Infinity,
  filledFrom: Infinity,
};

/**
 * A `BatchBuffer` of data points. It encodes each point once, when it comes in, and keeps only the bytes, off the JS
 * heap; the header of its metric is kept once for all points.
 *
 * A batch never mixes points of two collections. A whole collection is taken before the next one: lanes order the
 * points of each collection.
 */
export class MetricBuffer implements RequestBuffer<CollectedPoint, MetricBatch> {
  readonly isOffHeap = true;
  private readonly writer: LaneWriter<CollectedPoint>;
  private readonly shared: SharedParts;
  /** In order of arrival. One, or two at the end of a process. Those without points go when the next one comes. */
  private collections: HeldCollection[] = [];
  private newest: HeldCollection | undefined;
  private lastPushed: HeldCollection | undefined;

  /** @throws RangeError when `maxItemBytes` is below 1 or not a number */
  constructor({ maxItemBytes, onAttributeDropped, onExemplarsDropped, now }: MetricBufferOptions = {}) {
    const encoder = new DataPointEncoder({ maxPointBytes: maxItemBytes, onAttributeDropped, onExemplarsDropped });
    this.writer = new LaneWriter(encoder, maxItemBytes);
    this.shared = {
      store: new SegmentStore(),
      scopes: new ScopeTable(this.writer.maxItemBytes),
      metrics: new MetricHeaderEncoder(this.writer.maxItemBytes, onAttributeDropped),
      options: { now },
    };
  }

  get size(): number {
    return this.sum(({ lanes }) => lanes.size);
  }

  get returnedSize(): number {
    return this.sum(({ lanes }) => lanes.returnedSize);
  }

  get lowestLane(): number {
    return Math.min(Infinity, ...this.collections.map(({ lanes }) => lanes.lowestLane));
  }

  laneSize(lane: number): number {
    return this.sum(({ lanes }) => lanes.laneSize(lane));
  }

  laneBytes(lane: number): number {
    return this.sum(({ lanes }) => lanes.laneBytes(lane));
  }

  /** The points of a collection come in together, and that of the oldest collection came first. */
  get oldestQueuedAt(): number | undefined {
    return this.collections.find(({ lanes }) => lanes.size > 0)?.lanes.oldestQueuedAt;
  }

  /** Bytes of the resources, scopes and metrics of held points. */
  get sharedBytes(): number {
    return this.shared.scopes.heldBytes + this.sum(({ headerBytes }) => headerBytes);
  }

  /** Bytes really allocated: for held points, their tables, and segments kept for reuse. O(segments). */
  get memoryBytes(): number {
    const { store, scopes } = this.shared;
    return (
      store.memoryBytes + scopes.memoryBytes + this.writer.memoryBytes + this.sum(({ headerBytes }) => headerBytes)
    );
  }

  /**
   * @returns the encoded bytes of the point
   * @throws UnencodableError if nothing of the point can be sent
   * @throws ItemTooLargeError above `maxItemBytes`, even without exemplars
   */
  push(point: CollectedPoint, admission: Admission<ThresholdMark>): number {
    const collection = this.collectionOf(point.collection);
    const byteLength = this.writer.push(point, admission, collection.lanes);
    this.lastPushed = collection;
    return byteLength;
  }

  undoPush(): void {
    if (this.lastPushed === undefined) throw new Error('undoPush is valid only directly after push');
    this.lastPushed.lanes.undoPush();
    this.lastPushed = undefined;
  }

  evict(end: 'oldest' | 'newest'): number {
    const lane = this.lowestLane;
    const hasIt = ({ lanes }: HeldCollection): boolean => lanes.lowestLane === lane;
    const collection = end === 'oldest' ? this.collections.find(hasIt) : this.collections.findLast(hasIt);
    return collection?.lanes.evict(end) ?? 0;
  }

  take(maxItems: number, maxBytes: number): MetricBatch {
    const collection = this.collections.find(({ lanes }) => lanes.size > 0);
    if (collection === undefined) return { collection, points: NO_POINTS };
    collection.forgetLast();
    return { collection, points: collection.lanes.take(maxItems, maxBytes) };
  }

  putBack({ collection, points }: MetricBatch): void {
    collection?.lanes.putBack(points);
  }

  release({ collection, points }: MetricBatch): void {
    collection?.lanes.release(points);
  }

  split(batch: MetricBatch): [MetricBatch, MetricBatch] {
    const { collection, points } = batch;
    if (collection === undefined) return [batch, batch];
    const [first, rest] = collection.lanes.split(points);
    return [
      { collection, points: first },
      { collection, points: rest },
    ];
  }

  firstTakenAt({ points }: MetricBatch): number {
    return points.firstTakenAt;
  }

  countOf({ points }: MetricBatch): number {
    return points.itemCount;
  }

  bytesOf({ points }: MetricBatch): number {
    return points.byteLength;
  }

  evictTakenBefore(time: number): { items: number; bytes: number } {
    let items = 0;
    let bytes = 0;
    for (const { lanes } of this.collections) {
      const evicted = lanes.evictTakenBefore(time);
      items += evicted.items;
      bytes += evicted.bytes;
    }
    return { items, bytes };
  }

  /** The `ExportMetricsServiceRequest` that carries a batch. */
  assembleRequest({ collection, points }: MetricBatch): AssembledRequest {
    const { scopes } = this.shared;
    let scopeId = -1;
    let enclosures: Enclosure[] = [];
    return assembleRequest(points, (id) => {
      const metric = (collection as HeldCollection).metricOf(id);
      // Nearly all metrics share their resource and scope with the one before.
      if (metric.scopeId !== scopeId) enclosures = [...scopes.enclosuresOf(metric.scopeId)];
      scopeId = metric.scopeId;
      enclosures[2] = metric;
      return enclosures;
    });
  }

  /** A collection replaces all earlier ones if all of its points are cumulative. */
  replacementOf({ collection }: MetricBatch): object | undefined {
    return collection?.isCumulative === true ? collection.identity : undefined;
  }

  /** The resources in a batch whose attributes are still being detected. Nearly always empty. */
  pendingResources({ collection, points }: MetricBatch): ResourceLike[] {
    const { scopes } = this.shared;
    if (!scopes.hasPendingResources) return [];
    return pendingResources(points, (id) =>
      scopes.pendingResourceOf((collection as HeldCollection).metricOf(id).scopeId),
    );
  }

  /** Nearly always the collection of the last point. */
  private collectionOf(identity: object): HeldCollection {
    const { newest } = this;
    return newest !== undefined && newest.identity === identity ? newest : this.findOrBegin(identity);
  }

  private findOrBegin(identity: object): HeldCollection {
    const known = this.collections.find((collection) => collection.identity === identity);
    if (known !== undefined) return known;
    // A nested push must not begin a collection, because that closes the segment that is being written to.
    this.writer.refuseNestedPush();
    // The memory of a collection without points is used again, and grows no more if the next one is as large.
    const [empty, ...others] = this.collections.filter(({ isEmpty }) => isEmpty);
    const rest = this.collections.filter(({ isEmpty }) => !isEmpty);
    for (const earlier of [...rest, ...others]) earlier.complete();
    this.newest = empty ?? new HeldCollection(identity, this.shared);
    this.newest.identity = identity;
    this.collections = [...rest, this.newest];
    return this.newest;
  }

  private sum(of: (collection: HeldCollection) => number): number {
    let total = 0;
    for (const collection of this.collections) total += of(collection);
    return total;
  }
}
