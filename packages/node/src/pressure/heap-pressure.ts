import type { PressureSource } from '@spillway/backpressure';
import { heapLimitBytes, heapShareReader } from './heap-share.ts';
import { type PressureRange, utilizationWithin } from './pressure-range.ts';

export interface HeapPressureOptions extends PressureRange {
  /** Default 0.7: V8 lets garbage lie while there is room, so that less says nothing. */
  readonly startAt?: number | undefined;
  /** Default 0.95: above it, collections take most of the time, and then the process is ended; where they bring little, before. */
  readonly fullAt?: number | undefined;
}

const DEFAULTS = { startAt: 0.7, fullAt: 0.95 };

/**
 * Presses as the JavaScript heap fills: what the old generation holds, as a share of what it may, which
 * `--max-old-space-size` sets. Of the thread that asks. It counts only as far as giving up items would relieve the heap: see
 * `PressureSource.memory`. Encoded items are not on it, those for foreign exporters are. If a pipeline holds a 32nd of the heap or more, with the
 * default watermarks it is elevated from 83 % of the heap, critical from 90 %.
 * @throws TypeError or RangeError that names option and value
 */
export function heapPressure(options: HeapPressureOptions = {}, readShare: () => number = heapShareReader()): PressureSource {
  const utilizationOf = utilizationWithin(options, DEFAULTS);
  return { utilization: () => utilizationOf(readShare()), memory: { kind: 'heap', limitBytes: heapLimitBytes() } };
}
