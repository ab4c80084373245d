/**
 * What a failure of a batch is put down to. `items`: others were delivered, so they are why. `credentials`: others were
 * accepted, and this one was denied; it is held and retried slowly, and never given up for that. `nobody`: it does not tell.
 */
export type Blame = 'items' | 'credentials' | 'nobody';

/** A batch that failed, kept apart from the others to be tried alone. */
export interface Suspect<Batch> {
  readonly batch: Batch;
  readonly items: number;
  readonly bytes: number;
  /** When the first flush began that failed with its items. */
  readonly since: number;
  /** When its item that has been tried for longest was first taken. */
  readonly firstTakenAt: number;
  /** Failures while others were delivered, denials aside. Without one it is only in doubt: the consumer may have been the reason. */
  readonly strikes: number;
  /** Its credentials were denied while others were accepted. That is no fault of its items. */
  readonly isDenied: boolean;
  /** Failures in a row, for its backoff. */
  readonly attempts: number;
  readonly failedAt: number;
  /** When it may be tried again. */
  dueAt: number;
}
