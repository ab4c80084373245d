/** What happens to an item when there is little room, or none. */
export const BackpressureStrategy = {
  /** `push` waits for room, up to `maxBlockTimeMs`; `tryPush`, which cannot wait, refuses. */
  BLOCK: 'block',
  /** The oldest item of the lowest lane is given up for the new one. */
  DROP_OLDEST: 'drop_oldest',
  /** The new item is refused, unless its lane is above the lowest in the buffer. */
  DROP_NEWEST: 'drop_newest',
  /** While the state is not NORMAL, 1 in `sampleRate` is let in. When the buffer is full, it works like DROP_OLDEST. */
  SAMPLE: 'sample',
} as const;

/** One of the values of {@link BackpressureStrategy}. */
export type BackpressureStrategy = (typeof BackpressureStrategy)[keyof typeof BackpressureStrategy];
