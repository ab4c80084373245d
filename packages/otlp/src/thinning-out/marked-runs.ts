import { THRESHOLDS } from './threshold-mark.ts';
import type { EncodedRun } from '../buffer/run-list.ts';

/** From all to 2 in 65 536, each half of the one before. A run that keeps less than that cannot be halved again. */
const LEVELS = 16;

/**
 * The runs of a lane that can be thinned out, by how far they have been: level 0 keeps more than half on average, level
 * n about 1 in 2^n. The next run to thin out always comes from the lowest level, so that all items carry about the same
 * threshold. A few items with a very high threshold would stand for nearly everything, and make every count a matter of
 * luck.
 *
 * A run refers to its segment, so it must be removed from here when any of its items leaves the queue. O(1), amortized:
 * a run whose level has risen since it was added is moved when it is met. A run whose level has fallen, because it
 * absorbed items, is met later than it could be.
 */
export class MarkedRuns {
  /** Sets, because they keep the order of insertion, and deleting from the middle costs nothing. */
  private readonly levels: Set<EncodedRun>[] = Array.from({ length: LEVELS }, () => new Set<EncodedRun>());

  /** Ignores runs without a mark, and runs with the highest threshold. */
  add(run: EncodedRun): void {
    if (run.segment.marks.marked > 0) this.levels[levelOf(run)]?.add(run);
  }

  remove(run: EncodedRun): void {
    for (const level of this.levels) level.delete(run);
  }

  /** Takes the oldest run of the lowest level that has one. */
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
  // The number of thresholds above the mean, at least 1. Each leading zero more is one halving.
  return Math.clz32(THRESHOLDS - segment.marks.meanThreshold) - Math.clz32(THRESHOLDS);
}
