/** Which items are let in under load, with strategy `sample`: 1 in `sampleRate`, or by the application's own rule. */
export class SampleRule<Item> {
  readonly #sampleRate: number;
  readonly #isSampled: ((item: Item, sampleRate: number) => boolean) | undefined;
  #offered = 0;

  constructor(sampleRate: number, isSampled: ((item: Item, sampleRate: number) => boolean) | undefined) {
    this.#sampleRate = sampleRate;
    this.#isSampled = isSampled;
  }

  /**
   * Whether an item that is offered under load is let in.
   *
   * It counts offered items. A count of *accepted* items would stand still as soon as one item was refused, and would
   * refuse for ever.
   */
  keeps(item: Item): boolean {
    if (this.#isSampled !== undefined) {
      try {
        return this.#isSampled(item, this.#sampleRate);
      } catch {
        return true;
      }
    }
    this.#offered += 1;
    return this.#offered % this.#sampleRate === 1 % this.#sampleRate;
  }
}
