import { seededRandom } from '../../packages/sampling/test/seeded-random.ts';

/** Choices that follow from a seed. */
export class Chance {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** Another source, so that choices here do not depend on the number of choices there. */
  fork(): Chance {
    return new Chance(this.whole(0, 2 ** 31));
  }

  /** A number from 0 to below 1. */
  share(): number {
    return this.#random();
  }

  happens(probability: number): boolean {
    return this.#random() < probability;
  }

  /** A whole number; both bounds are included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1));
  }

  /** A number of which each order of magnitude is equally likely. */
  magnitude(least: number, most: number): number {
    return Math.round(least * (most / least) ** this.#random());
  }

  oneOf<Value>(values: readonly [Value, ...Value[]]): Value {
    return values[this.whole(0, values.length - 1)] ?? values[0];
  }
}
