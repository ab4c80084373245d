import type { EncodedLane } from '../buffer/encoded-lane.ts';
import type { ThinningThreshold } from './threshold-mark.ts';

/**
 * Segments that are thinned out to make room for one item. The first one nearly always does: each of its items has an
 * even chance. If this many segments give no room, a caller has chosen the randomness of its traces, and must not be
 * able to slow down a hook.
 */
const MOST_SEGMENTS_THINNED_OUT = 32;

const NOTHING_GIVEN_UP = { items: 0, bytes: 0 };

/**
 * Thinning out: if a full queue needs room, one segment is sampled further, instead of evicting its oldest items. The
 * items that stay say so in their bytes, so that counts at the backend stay right.
 *
 * Sampling has decided by 56 bits of randomness. A mark has the upper ones, which is enough to decide again:
 *
 * ```
 * threshold   [tttttttttttttttt0000000000000000000000000000000000000000]  the upper 16 of 56 bits: four hex digits
 * randomness  [rrrrrrrrrrrrrrrrrrrrrrrrrrrr............................]  the upper 28
 *                                             an item is kept if its randomness >= threshold << 12
 * ```
 *
 * The encoder leaves at least four digits of the threshold at a known place of the item, and tells their distance from
 * its end. So a higher threshold can be written over them without moving a byte:
 *
 * ```
 * segment  [ item 0 ... ot=th:8000 ... ][ item 1 ... ot=th:8000 ..... ][ item 2, exempt ]
 *                             ^distance^                   ^-distance^
 * marks      r0, distance                r1, distance                   NO_MARK
 *
 * thinned out to c000, which r1 passes and r0 does not:
 *
 * segment  [ item 1 ... ot=th:c000 ..... ][ item 2, exempt ]
 * ```
 *
 * | what | where |
 * |---|---|
 * | an item's mark; whether it passes a threshold | `threshold-mark.ts` |
 * | reading and overwriting the digits | `threshold-digits.ts` |
 * | the marks of a segment: 6 bytes an item | `segment-marks.ts` |
 * | which segment is next: the one that was thinned out least | `marked-runs.ts`, and `EncodedLane.thinOut` |
 * | the items that go, the gaps that close, the digits that are overwritten | `Segment.thinOut` |
 * | who makes the marks, and learns of the new threshold | `pipeline/sampling/load-sampling.ts` |
 *
 * This function thins out the marked items of one segment, in that lane or below, the lowest lane first. O(items of a
 * segment).
 * @returns the evicted items and bytes; zeros if there is nothing, or hardly anything, to thin out, or no threshold
 */
export function thinOutLanes(
  lanes: readonly EncodedLane[],
  highestLane: number,
  thinning: ThinningThreshold | undefined,
): { items: number; bytes: number } {
  if (thinning === undefined) return NOTHING_GIVEN_UP;
  const threshold = thinning.upperThreshold;
  let lane = 0;
  for (let tries = 0; tries < MOST_SEGMENTS_THINNED_OUT && lane <= highestLane && lane < lanes.length;) {
    const thinned = lanes[lane]?.thinOut(threshold);
    if (thinned === undefined) {
      lane += 1;
      continue;
    }
    tries += 1;
    thinning.onThinnedOut(thinned.threshold);
    if (thinned.items > 0) return { items: thinned.items, bytes: thinned.bytes };
  }
  return NOTHING_GIVEN_UP;
}
