const WINDOW_MILLIS = 1_000;

/** How fast a counter grows, over the last second. */
export class RateMeter {
  readonly #readings: { readonly at: number; readonly count: number }[] = [];

  /** @param at milliseconds */
  perSecond(at: number, count: number): number {
    this.#readings.push({ at, count });
    while (this.#readings.length > 2 && this.#readings[1]!.at <= at - WINDOW_MILLIS) this.#readings.shift();
    const oldest = this.#readings[0]!;
    return at === oldest.at ? 0 : ((count - oldest.count) * 1_000) / (at - oldest.at);
  }
}
