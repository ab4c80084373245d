import type { PressureSource } from '@spillway/backpressure';
import { heapLimitBytes, heapShareReader } from './heap-share.ts';
import { type PressureRange, utilizationWithin } from './pressure-range.ts';

export interface HeapPressureOptions extends PressureRange {
  /** Default 0.7: V8 does not collect garbage while there is room, so a lower share means nothing. */
  readonly startAt?: number | undefined;
  /**
   * Default 0.95: above it, garbage collection takes most of the time, and then the process is killed. If collections
   * free little, that happens earlier.
   */
  readonly fullAt?: number | undefined;
}

const DEFAULTS = { startAt: 0.7, fullAt: 0.95 };

/**
 * Rises as the JavaScript heap of this thread fills: the size of the old generation, as a share of its limit, which
 * `--max-old-space-size` sets. It counts only as far as dropping items would relieve the heap: see
 * `PressureSource.memory`. Encoded items are off the heap; items for foreign exporters are on it. If a pipeline holds a
 * 32nd of the heap or more, the default watermarks make it elevated from 83 % of the heap and critical from 90 %.
 * @throws TypeError or RangeError that names option and value
 */
export function heapPressure(
  options: HeapPressureOptions = {},
  readShare: () => number = heapShareReader(),
): PressureSource {
  const utilizationOf = utilizationWithin(options, DEFAULTS);
  return { utilization: () => utilizationOf(readShare()), memory: { kind: 'heap', limitBytes: heapLimitBytes() } };
}
