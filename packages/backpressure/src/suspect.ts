/** A batch that failed, kept apart from the others to be tried alone. */
export interface Suspect<Batch> {
  readonly batch: Batch;
  readonly items: number;
  readonly bytes: number;
  /** When the first flush began that failed with its items. */
  readonly since: number;
  /** When its item that has been tried for longest was first taken. */
  readonly firstTakenAt: number;
  /** Failures while others were delivered. With none it is only in doubt: the consumer may have been the reason. */
  readonly strikes: number;
  /** Failures in a row, for its backoff. */
  readonly attempts: number;
  readonly failedAt: number;
  /** When it may be tried again. */
  dueAt: number;
}
