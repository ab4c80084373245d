import { THRESHOLDS } from '../encoding/threshold-mark.ts';
import type { EncodedRun } from './run-list.ts';

/** From all to 2 in 65 536, each half of the one before. What is left of a run beyond that cannot be halved again. */
const LEVELS = 16;

/**
 * The runs of a lane that can be thinned out, by how far they are already: of level 0 more than half is left in the mean, of
 * level n about 1 in 2^n. Thinned out is always one of the lowest level, so that all items carry about the same threshold: a
 * few with a very high one would stand for nearly everything, and make every count a matter of luck.
 *
 * A run holds its segment, and so it must be removed from here when anything of it leaves the queue. O(1), amortized: a run
 * whose level has risen since it was added is moved when it is met. One whose level has fallen, by items that it took up, is
 * met later than it might be.
 */
export class MarkedRuns {
  /** Sets, for they keep the order of arrival, and lose one in the middle at no cost. */
  private readonly levels: Set<EncodedRun>[] = Array.from({ length: LEVELS }, () => new Set<EncodedRun>());

  /** Runs without a mark, and those of the highest threshold, are not taken up. */
  add(run: EncodedRun): void {
    if (run.segment.marks.marked > 0) this.levels[levelOf(run)]?.add(run);
  }

  remove(run: EncodedRun): void {
    for (const level of this.levels) level.delete(run);
  }

  /** Takes the oldest run of the lowest level that there is. */
  takeLeast(): EncodedRun | undefined {
    for (const [index, level] of this.levels.entries()) {
      for (const run of level) {
        level.delete(run);
        if (levelOf(run) <= index) return run;
        this.add(run);
      }
    }
    return undefined;
  }
}

function levelOf({ segment }: EncodedRun): number {
  // How many of all are kept, from 1 on: leading zeros count the halvings.
  return Math.clz32(THRESHOLDS - segment.marks.meanThreshold) - Math.clz32(THRESHOLDS);
}
