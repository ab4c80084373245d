import { setTimeout as passed } from 'node:timers/promises';

const STEP_MILLIS = 20;
const MILLIS_PER_SECOND = 1_000;

/** Makes items. */
export interface Maker {
  make(count: number): void;
}

/** Lets each maker make `perSecond` items a second, from now on until `end`. */
export class SteadyLoad {
  readonly #makers: readonly Maker[];
  readonly #perSecond: number;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #made = 0;
  #ended = false;

  constructor(makers: readonly Maker[], perSecond: number) {
    this.#makers = makers;
    this.#perSecond = perSecond;
    this.#timer = setInterval(() => this.#makeWhatIsDue(), STEP_MILLIS);
  }

  /** Resolves after that many milliseconds of the load. */
  async lasts(millis: number): Promise<void> {
    await passed(millis);
  }

  /** Resolves when the condition holds. Only the test's own time-out limits the wait. */
  async until(holds: () => boolean): Promise<void> {
    // oxlint-disable-next-line no-await-in-loop -- a poll
    while (!holds()) await passed(STEP_MILLIS);
  }

  /** A second call does nothing. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    this.#makeWhatIsDue();
  }

  /** Goes by the clock, because timers are late under load. */
  #makeWhatIsDue(): void {
    const due = Math.round(((performance.now() - this.#startedAt) / MILLIS_PER_SECOND) * this.#perSecond);
    for (const maker of this.#makers) maker.make(due - this.#made);
    this.#made = due;
  }
}
