/** What a flush function of the fixed contract resolves with. */
export interface FlushResult {
  /** Items delivered. */
  success: number;
  /** Items refused for good. They are counted as failed, with reason `rejected`, and not sent again. */
  failed: number;
  /** What went wrong with the failed ones. */
  errors: Error[];
}

/**
 * What became of one attempt to deliver a batch. The consumer classifies; only the controller acts on it
 * (waits, retries, splits, counts), so there is one place to read how failure is handled.
 */
export type FlushOutcome =
  /** The consumer took the batch; `rejected` items of it were refused for good (OTLP partial success). */
  | { readonly kind: 'delivered'; readonly rejected?: number; readonly error?: Error }
  /**
   * A passing failure. The batch goes back and is sent again after a backoff.
   * `unreachable`: no answer was received at all (connection refused, name not resolved).
   * `timedOut`: the consumer was given the whole time of an attempt and did not answer: a sign of overload.
   * `denied`: the credentials are not accepted (HTTP 401, 403), or there are none at present. This concerns one controller, so
   * the others that share its destination go on. After the first denial since the last answer, flushing goes on at once,
   * because the flush function may find other credentials; after further ones the controller backs off. A batch that is
   * denied while others are delivered is held and retried slowly, and is never given up for that.
   */
  | { readonly kind: 'retry'; readonly error: Error; readonly unreachable?: boolean; readonly timedOut?: boolean; readonly denied?: boolean }
  /** The consumer asks for less. Every flush pauses for `retryAfterMs`, or for a backoff where it is not given. */
  | { readonly kind: 'throttled'; readonly error: Error; readonly retryAfterMs?: number }
  /** Refused for good: the whole batch has failed and is not sent again. */
  | { readonly kind: 'refused'; readonly error: Error }
  /**
   * Too large for the consumer (HTTP 413). The batch is split in halves and sent again; a single item has failed.
   * `unsent`: it was not even sent, so this says nothing of the consumer's health.
   */
  | { readonly kind: 'too_large'; readonly error: Error; readonly unsent?: boolean };

/** What a flush is given beside its batch. */
export interface FlushContext {
  /** Aborted when the flush has taken `flushTimeoutMs`, and its batch is sent again; and by `close`. Stop using the batch. */
  readonly signal: AbortSignal;
}

/**
 * Delivers one batch, in exactly one attempt. To throw or to reject is a passing failure: the batch is retried.
 * Retrying inside the function hides the consumer's state from the controller; do not.
 */
export type FlushFunction<Item, Batch = Item[]> = (
  batch: Batch,
  context: FlushContext,
) => Promise<FlushResult | FlushOutcome>;
