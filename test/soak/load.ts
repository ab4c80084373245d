import { SeverityNumber } from '@opentelemetry/api';
import type { Chance } from './chance.ts';
import type { Soaked } from './soaked.ts';

/** The most items in a burst, and per second. */
const MOST_IN_BURST = 3_000;
const MOST_A_SECOND = 5_000;

/** Texts of all lengths. Most texts of an application are short. */
const TEXTS = [20, 60, 200, 2_000, 20_000, 300_000].map((length) => 'x'.repeat(length));
const LENGTHS: readonly [number, ...number[]] = [
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2,
];

/** The load of one pipeline: silence, a stream or a burst, each for a while. */
export class Load {
  readonly #chance: Chance;
  #perMillisecond = 0;
  #changesAt = 0;
  #owed = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  /** @param at the current time. @param millis the time since the last step */
  step(pipeline: Soaked, at: number, millis: number): void {
    if (at >= this.#changesAt) this.#change(at);
    this.#owed += this.#perMillisecond * millis;
    for (; this.#owed >= 1; this.#owed -= 1)
      pipeline.emit(
        this.#text(),
        this.#chance.oneOf([SeverityNumber.DEBUG, SeverityNumber.INFO, SeverityNumber.ERROR]),
      );
  }

  #change(at: number): void {
    const chance = this.#chance;
    this.#changesAt = at + chance.magnitude(100, 3_000);
    this.#perMillisecond = chance.happens(0.3) ? 0 : chance.magnitude(1, MOST_A_SECOND) / 1_000;
    if (chance.happens(0.2)) this.#owed += chance.magnitude(10, MOST_IN_BURST);
  }

  /** One in some hundred texts is long, one in some thousand very long. */
  #text(): string {
    const chance = this.#chance;
    const length = chance.happens(0.005) ? chance.whole(3, 4) : chance.happens(0.0005) ? 5 : chance.oneOf(LENGTHS);
    return TEXTS[length] ?? '';
  }
}
