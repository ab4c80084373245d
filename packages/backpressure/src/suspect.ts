/**
 * What is blamed for the failure of a batch. `items`: other batches were delivered, so the items of this one are the
 * reason. `credentials`: other batches were accepted and this one was denied; it is held and retried slowly, and never
 * given up for that. `nobody`: the failure does not say.
 */
export type Blame = 'items' | 'credentials' | 'nobody';

/** A batch that failed, kept apart from the others to be tried alone. */
export interface Suspect<Batch> {
  readonly batch: Batch;
  readonly items: number;
  readonly bytes: number;
  /** When the first flush of its items that failed was started. */
  readonly since: number;
  /** When its item that has been tried for longest was first taken. */
  readonly firstTakenAt: number;
  /** Failures while others were delivered, not counting denials. If 0, the consumer may have been the reason. */
  readonly strikes: number;
  /** Its credentials were denied while others were accepted. That is not the fault of its items. */
  readonly isDenied: boolean;
  /** Failures in a row, for its backoff. */
  readonly attempts: number;
  readonly failedAt: number;
  /** When it may be tried again. */
  dueAt: number;
}
