import { now, startTimer, type Timer } from '@spillway/backpressure';

/** How long a kind of line is suppressed after it was logged: briefly after the first, longer while it goes on. */
const FIRST_GAP_MS = 10_000;
const LATER_GAP_MS = 60_000;

export interface SpacedLineOptions {
  /** Milliseconds that the first line waits, so that it covers a whole burst. Default 0: it is logged immediately. */
  readonly firstDelayMs?: number;
  /**
   * Whether a call within the gap is logged when the gap is over. Default true. If false, the next call after the gap
   * tells how many calls were suppressed.
   */
  readonly isMadeUpFor?: boolean;
}

/**
 * One kind of line in the log, spaced out: the first is logged immediately, the next after 10 s at the earliest, and
 * every later one a minute after the one before. After a quiet minute it starts over.
 *
 * The line is composed when it is logged, so that it is up to date.
 */
export class SpacedLine {
  readonly #log: (leftOut: number) => void;
  readonly #firstDelayMs: number;
  readonly #isMadeUpFor: boolean;
  #loggedAt = -Infinity;
  #gapMs = 0;
  #leftOut = 0;
  #timer: Timer | undefined;

  /** @param log writes the line; its argument is how many calls of {@link ask} have had no line since the last one */
  constructor(log: (leftOut: number) => void, { firstDelayMs = 0, isMadeUpFor = true }: SpacedLineOptions = {}) {
    this.#log = log;
    this.#firstDelayMs = firstDelayMs;
    this.#isMadeUpFor = isMadeUpFor;
  }

  /** There is something to log. Constant work, and allocates nothing, because it may be called for each lost item. */
  ask(): void {
    this.#leftOut += 1;
    if (this.#timer !== undefined) return;
    const quietMs = now() - this.#loggedAt;
    if (quietMs > LATER_GAP_MS) this.#gapMs = 0;
    const waitMs = this.#gapMs === 0 ? this.#firstDelayMs : this.#gapMs - quietMs;
    if (waitMs <= 0) this.#write();
    else if (this.#gapMs === 0 || this.#isMadeUpFor) this.#writeAfter(waitMs);
  }

  /** Logs immediately, regardless of the gap, and keeps the gap. For something worse than the line before. */
  insist(): void {
    this.#leftOut += 1;
    this.cancel();
    const gapMs = this.#gapMs;
    this.#write();
    this.#gapMs = Math.max(gapMs, FIRST_GAP_MS);
  }

  /** Cancels the pending line. */
  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Apart from `ask`, because a function that makes a closure allocates at each call, even if it makes none. */
  #writeAfter(waitMs: number): void {
    this.#timer = startTimer(() => this.#write(), waitMs);
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
