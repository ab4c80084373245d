/** What a flush function of the fixed contract resolves with. */
export interface FlushResult {
  /** Items delivered. */
  success: number;
  /**
   * Items that the consumer rejected for good. They are counted as failed, with reason `rejected`, and not sent again.
   */
  failed: number;
  /** What went wrong with the failed ones. */
  errors: Error[];
}

/**
 * The result of one attempt to deliver a batch. The flush function classifies; only the controller acts on it (waits,
 * retries, splits, counts), so failures are handled in one place.
 */
export type FlushOutcome =
  /** The consumer took the batch, but rejected `rejected` of its items for good (OTLP partial success). */
  | { readonly kind: 'delivered'; readonly rejected?: number; readonly error?: Error }
  /**
   * A temporary failure. The batch is put back and sent again after a backoff.
   * `unreachable`: no answer was received at all (connection refused, name not resolved).
   * `timedOut`: the consumer did not answer within the whole time of an attempt, which is a sign of overload.
   * `denied`: the credentials are not accepted (HTTP 401, 403), or there are none at present. This concerns one
   * controller, so the others that share its destination go on. After the first denial since the last answer, flushing
   * goes on immediately, because the flush function may find other credentials. After further denials, the controller
   * backs off. A batch that is denied while others are delivered is held and retried slowly, and is never given up for
   * that.
   */
  | {
      readonly kind: 'retry';
      readonly error: Error;
      readonly unreachable?: boolean;
      readonly timedOut?: boolean;
      readonly denied?: boolean;
    }
  /** The consumer asks for less. Every flush pauses for `retryAfterMs`, or for a backoff if that is not given. */
  | { readonly kind: 'throttled'; readonly error: Error; readonly retryAfterMs?: number }
  /** The consumer rejected the whole batch for good. It has failed and is not sent again. */
  | { readonly kind: 'refused'; readonly error: Error }
  /**
   * Too large for the consumer (HTTP 413). The batch is split in half and sent again. A single item has failed.
   * `unsent`: it was not even sent, so this says nothing about the consumer's health.
   */
  | { readonly kind: 'too_large'; readonly error: Error; readonly unsent?: boolean };

/** What a flush function is given in addition to the batch. */
export interface FlushContext {
  /** Aborted after `flushTimeoutMs`, when the batch will be sent again, and by `close`. Stop using the batch then. */
  readonly signal: AbortSignal;
}

/**
 * Delivers one batch in exactly one attempt. Throwing or rejecting is a temporary failure: the batch is retried. Do not
 * retry inside the function, because that hides the consumer's state from the controller.
 */
export type FlushFunction<Item, Batch = Item[]> = (
  batch: Batch,
  context: FlushContext,
) => Promise<FlushResult | FlushOutcome>;
