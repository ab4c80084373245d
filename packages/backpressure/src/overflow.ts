/**
 * When an overflow is asked. `room`: too much is held. `outage`: the consumer has not answered for long, or the producer
 * asks for it. `end`: the controller ends, and what is not taken now is lost.
 */
export type SpillOccasion = 'room' | 'outage' | 'end';

/**
 * Keeps items that cannot stay in memory, for example in files. It is asked when room must be made, while the consumer
 * has not answered for long, and at the end of a close, before anything counts as lost.
 */
export interface Overflow<Batch> {
  /**
   * Takes a batch, whose items then count as spilled. They come back by `readmit`, or are given up by `discardSpilled`.
   * @param batch must be read before this returns, because its memory is used again
   * @returns whether the overflow has the batch now. If not, or if it throws, the items stay where they were, and it is
   *   not asked again for a second, or until it is ready
   */
  take(batch: Batch, items: number, occasion: SpillOccasion): boolean;

  /**
   * Calls the listener when a batch that was not taken might be taken now. Called once, at the controller's
   * construction.
   * @returns a function that removes the listener
   */
  onReady?(listener: () => void): () => void;

  /**
   * Whether nothing that is queued may leave before everything that the overflow keeps. Queued items then go to the
   * overflow, too, and leave by themselves only if it does not take them and a caller waits for them. Default false.
   */
  readonly goesFirst?: boolean;
}

/**
 * Like `take` of {@link Overflow}, for a taker of everything that is held: a batch that it does not take is given up.
 */
export type TakeBatch<Batch> = Overflow<Batch>['take'];
