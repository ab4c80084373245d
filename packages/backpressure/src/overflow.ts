/**
 * Keeps items that cannot stay in memory, for example in files. It is asked when room must be made, while the circuit
 * stays open, and at the end of a close, before anything counts as lost.
 */
export interface Overflow<Batch> {
  /**
   * Takes a batch, whose items then count as spilled. They come back by `readmit`, or are given up by `discardSpilled`.
   * @param batch must be read before this returns, because its memory is used again
   * @returns whether the overflow has the batch now. If not, or if it throws, the items stay where they were, and it is
   *   not asked again for a second
   */
  take(batch: Batch, items: number): boolean;
}

/**
 * Like `take` of {@link Overflow}, for a taker of everything that is held: a batch that it does not take is given up.
 */
export type TakeBatch<Batch> = Overflow<Batch>['take'];
