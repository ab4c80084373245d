import { Segment } from './segment.ts';

/** A segment of the full size: some hundred spans. It is kept as long as one of its items is held. */
const SEGMENT_BYTES = 128 * 1024;

/** Freed segments kept for reuse: about as many as the batches in flight give back between two bursts. */
const MAX_POOLED = 16;

/**
 * Gives out segments and takes them back, and knows the memory of all of them. A few segments of the full size are kept
 * for reuse, because fresh memory has to be zeroed and paged in.
 */
export class SegmentStore {
  /** Bytes of a segment of the full size. */
  readonly segmentBytes = SEGMENT_BYTES;
  private readonly used = new Set<Segment>();
  private readonly pool: Segment[] = [];

  /** Bytes allocated, including the pool. O(segments). */
  get memoryBytes(): number {
    let bytes = 0;
    for (const segment of this.used) bytes += segment.memoryBytes;
    for (const segment of this.pool) bytes += segment.memoryBytes;
    return bytes;
  }

  /**
   * @param capacity bytes for items
   * @param sequence the segment's place in its lane
   */
  allocate(capacity: number, sequence: number): Segment {
    const segment = (capacity === this.segmentBytes ? this.pool.pop() : undefined) ?? new Segment(capacity);
    segment.sequence = sequence;
    this.used.add(segment);
    return segment;
  }

  /** Takes back a segment without held items. */
  free(segment: Segment): void {
    this.used.delete(segment);
    if (segment.bytes.length !== this.segmentBytes || this.pool.length >= MAX_POOLED) return;
    segment.reset();
    this.pool.push(segment);
  }
}
