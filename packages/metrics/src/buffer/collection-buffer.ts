import { type BatchBuffer, now } from '@spillway/backpressure';
import type { ObjectFormat } from '@spillway/pipeline';
import type { CollectedPoint } from '../collected-point.ts';
import type { ResourceMetricsLike } from '../metric-data.ts';

/** A collection that is held as the SDK made it. */
interface Held {
  /** See {@link CollectedPoint.collection}. */
  readonly identity: object;
  readonly collected: ResourceMetricsLike;
  points: number;
  firstTakenAt: number | undefined;
}

/**
 * Keeps collections as the SDK made them, for exporters that take them whole. Points are only counted, and their bytes
 * are not: the SDK has already made the objects. A collection that lost its points one by one is given up with the last.
 */
export class CollectionBuffer implements BatchBuffer<CollectedPoint, ResourceMetricsLike> {
  readonly isIndivisible = true;
  /** In order of arrival. One, or two at the end of a process. */
  #queued: Held[] = [];
  readonly #out = new Map<ResourceMetricsLike, Held>();

  get size(): number {
    return this.#queued.reduce((points, held) => points + held.points, 0);
  }

  get returnedSize(): number {
    return this.#queued.reduce((points, held) => points + (held.firstTakenAt === undefined ? 0 : held.points), 0);
  }

  get lowestLane(): number {
    return this.#queued.length === 0 ? Infinity : 0;
  }

  laneSize(lane: number): number {
    return lane === 0 ? this.size : 0;
  }

  laneBytes(): number {
    return 0;
  }

  push({ collection, collected }: CollectedPoint): number {
    const last = this.#queued.at(-1);
    if (last?.identity === collection) last.points += 1;
    else this.#queued.push({ identity: collection, collected, points: 1, firstTakenAt: undefined });
    return 0;
  }

  undoPush(): void {
    this.evict('newest');
  }

  evict(end: 'oldest' | 'newest'): number {
    const held = this.#queued.at(end === 'oldest' ? 0 : -1);
    if (held === undefined) return 0;
    held.points -= 1;
    if (held.points === 0) this.#queued = this.#queued.filter((other) => other !== held);
    return 0;
  }

  /** One whole collection, whatever the limits. */
  take(): ResourceMetricsLike {
    const held = this.#queued.shift();
    if (held === undefined) return NOTHING;
    held.firstTakenAt ??= now();
    this.#out.set(held.collected, held);
    return held.collected;
  }

  putBack(batch: ResourceMetricsLike): void {
    const held = this.#out.get(batch);
    if (held === undefined) return;
    this.#out.delete(batch);
    this.#queued.unshift(held);
  }

  release(batch: ResourceMetricsLike): void {
    this.#out.delete(batch);
  }

  /** @throws always: the controller splits no indivisible batch */
  split(): never {
    throw new Error('a collection is exported whole');
  }

  firstTakenAt(batch: ResourceMetricsLike): number {
    return this.#out.get(batch)?.firstTakenAt ?? Infinity;
  }

  countOf(batch: ResourceMetricsLike): number {
    return this.#out.get(batch)?.points ?? 0;
  }

  bytesOf(): number {
    return 0;
  }

  evictTakenBefore(time: number): { items: number; bytes: number } {
    const before = this.size;
    this.#queued = this.#queued.filter(({ firstTakenAt = Infinity }) => firstTakenAt >= time);
    return { items: before - this.size, bytes: 0 };
  }
}

const NOTHING: ResourceMetricsLike = { resource: { attributes: {} }, scopeMetrics: [] };

/** How a foreign exporter gets metrics: each collection whole, as the SDK made it. */
export const WHOLE_COLLECTIONS: ObjectFormat<CollectedPoint, ResourceMetricsLike> = {
  newBuffer: () => new CollectionBuffer(),
  resourcesOf: ({ resource }) => [resource],
};
