import { HIGHEST_THRESHOLD } from '../encoding/threshold-mark.ts';
import type { Run } from './run-list.ts';

/** From all to 1 in 65 536, each half of the one before. */
const LEVELS = 17;

/**
 * The runs of a lane that have marks, by how far they are thinned out already: level 0 has passed no threshold, of level n
 * about 1 in 2^n is left. Thinned out is always one of the lowest level, so that all items carry about the same threshold: a
 * few with a very high one would stand for nearly everything, and make every count a matter of luck.
 *
 * O(1), amortized: what has changed since it was put here is found out when it is met.
 */
export class MarkedRuns {
  private readonly levels: Run[][] = Array.from({ length: LEVELS }, () => []);

  add(run: Run): void {
    this.levels[levelOf(run)]?.push(run);
  }

  /**
   * Takes a run of the lowest level that there is.
   * @param isThinnable whether a run still may be thinned out; if not, it is forgotten
   */
  takeLeast(isThinnable: (run: Run) => boolean): Run | undefined {
    for (let level = 0; level < LEVELS; ) {
      const run = this.levels[level]?.pop();
      if (run === undefined) level += 1;
      else if (!isThinnable(run)) continue;
      else if (levelOf(run) > level) this.add(run);
      else return run;
    }
    return undefined;
  }
}

function levelOf({ segment }: Run): number {
  // How many of 65 536 are kept, from 1 to 65 536: leading zeros count the halvings.
  return Math.clz32(HIGHEST_THRESHOLD + 1 - segment.marks.highest) - Math.clz32(HIGHEST_THRESHOLD + 1);
}
