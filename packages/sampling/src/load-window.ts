/** What a pipeline saw from one call of `onWindow` to the next. All counts are of items, at least 0. */
export interface LoadWindow {
  /** How long the window was, in seconds; above 0. */
  readonly seconds: number;
  /** Items that came in, the exempt ones included. Not those that a sampler with the same threshold has stopped before. */
  readonly arrived: number;
  /** Of these, the items that are kept whatever the threshold. */
  readonly exempt: number;
  /** Of the others, the items whose randomness was at or above the threshold, whatever became of them afterwards. */
  readonly kept: number;
  /** Items that the consumer has taken or refused: either shows what can be sent. */
  readonly sent: number;
  /** Items that wait at the end of the window: in the queue, and in flight for the consumer to take them. */
  readonly queued: number;
  /** How full the queue is at the end of the window, or how hard anything else presses if that is more. 1 is the limit. */
  readonly utilization: number;
}

/** Whether the numbers mean something. A clock that was set back, or a source of pressure that says NaN, teaches nothing. */
export function isUsable(window: LoadWindow): boolean {
  const { seconds, arrived, exempt, kept, sent, queued, utilization } = window;
  const counts = [seconds, arrived, exempt, kept, sent, queued];
  return seconds > 0 && counts.every((count) => count >= 0 && count < Infinity) && utilization >= 0;
}

/** Whether more waits than the window could send: only then is what was sent all that could be sent. */
export function isSaturated({ queued, sent }: LoadWindow): boolean {
  return queued > 0 && queued >= sent;
}
