/** The figures of a pipeline from one call of `onWindow` to the next. All counts are numbers of items, at least 0. */
export interface LoadWindow {
  /** Length of the window in seconds; above 0. */
  readonly seconds: number;
  /**
   * Items that arrived, exempt items included, but without items that a sampler with the same threshold already
   * stopped.
   */
  readonly arrived: number;
  /** The number of arrived items that are kept whatever the threshold. */
  readonly exempt: number;
  /** The number of other items whose randomness was at or above the threshold, whatever happened to them afterwards. */
  readonly kept: number;
  /** Items that the consumer took or refused. Both show how much can be sent. */
  readonly sent: number;
  /** Items that wait at the end of the window, in the queue and in flight. */
  readonly queued: number;
  /** Utilization of the queue at the end of the window, or a greater pressure from elsewhere. 1 is the limit. */
  readonly utilization: number;
}

/** Whether the numbers make sense. They do not if a clock was set back or a source of pressure returned NaN. */
export function isUsable(window: LoadWindow): boolean {
  const { seconds, arrived, exempt, kept, sent, queued, utilization } = window;
  const counts = [seconds, arrived, exempt, kept, sent, queued];
  return seconds > 0 && counts.every((count) => count >= 0 && count < Infinity) && utilization >= 0;
}

/** Whether more items wait than the window could send. Only then does `sent` show the whole capacity. */
export function isSaturated({ queued, sent }: LoadWindow): boolean {
  return queued > 0 && queued >= sent;
}
