/**
 * Which items of other processes this one has counted. A spool may resend the same items again and again, in halves or
 * together, or lose them in between. They count as offered and accepted once, when they are seen for the first time.
 *
 * Items cannot be told apart, so those that came back are only counted. Whichever items are seen next take their place,
 * and the sum is right.
 */
export class AdoptedItems {
  #cameBack = 0;

  /** @returns how many of these items are seen for the first time */
  onSeen(items: number): number {
    const known = Math.min(items, this.#cameBack);
    this.#cameBack -= known;
    return items - known;
  }

  /** Items that were seen stay in the spool. */
  onKept(items: number): void {
    this.#cameBack += items;
  }
}
