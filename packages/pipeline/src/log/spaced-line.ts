import { now, startTimer, type Timer } from '@spillway/backpressure';

/** How long a kind of line stays silent after it was logged: shortly after the first, longer while it goes on. */
const FIRST_GAP_MS = 10_000;
const LATER_GAP_MS = 60_000;

export interface SpacedLineOptions {
  /** Milliseconds that the first line waits, so that it covers a whole burst. Default 0: it is logged at once. */
  readonly firstDelayMs?: number;
  /**
   * Whether a call within the gap is made good when the gap is over. Default true. Without it, the next call after the gap
   * tells how many calls were left out.
   */
  readonly isMadeUpFor?: boolean;
}

/**
 * One kind of line in the log, spaced out: the first is logged at once, the next after 10 s at the earliest, and every
 * later one a minute after the one before. After a quiet minute it starts over.
 *
 * The line is composed when it is logged, so that it tells what is true then.
 */
export class SpacedLine {
  readonly #log: (leftOut: number) => void;
  readonly #firstDelayMs: number;
  readonly #isMadeUpFor: boolean;
  #loggedAt = -Infinity;
  #gapMs = 0;
  #leftOut = 0;
  #timer: Timer | undefined;

  /** @param log writes the line; it is told how many calls of {@link ask} had no line of their own since the last one */
  constructor(log: (leftOut: number) => void, { firstDelayMs = 0, isMadeUpFor = true }: SpacedLineOptions = {}) {
    this.#log = log;
    this.#firstDelayMs = firstDelayMs;
    this.#isMadeUpFor = isMadeUpFor;
  }

  /** There is something to log. Constant work: it may be called for each item that is lost. */
  ask(): void {
    this.#leftOut += 1;
    if (this.#timer !== undefined) return;
    const quietMs = now() - this.#loggedAt;
    if (quietMs > LATER_GAP_MS) this.#gapMs = 0;
    const waitMs = this.#gapMs === 0 ? this.#firstDelayMs : this.#gapMs - quietMs;
    if (waitMs <= 0) this.#write();
    else if (this.#gapMs === 0 || this.#isMadeUpFor) this.#timer = startTimer(() => this.#write(), waitMs);
  }

  /** Logs at once, whatever the gap is, and leaves the gap as long as it was. For what is worse than the line before. */
  insist(): void {
    this.#leftOut += 1;
    this.cancel();
    const gapMs = this.#gapMs;
    this.#write();
    this.#gapMs = Math.max(gapMs, FIRST_GAP_MS);
  }

  /** Forgets what waits to be logged. */
  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #write(): void {
    this.#timer = undefined;
    const leftOut = this.#leftOut - 1;
    this.#leftOut = 0;
    this.#loggedAt = now();
    this.#gapMs = this.#gapMs === 0 ? FIRST_GAP_MS : LATER_GAP_MS;
    this.#log(leftOut);
  }
}
