/**
 * Why an item was not delivered. The set is closed, so that dashboards and alerts can name every member.
 *
 * | reason | the item |
 * |---|---|
 * | `queue_full` | found the buffer full and was refused |
 * | `evicted` | was removed from the full buffer to make room for a newer one |
 * | `sampled_out` | was sampled out under load |
 * | `block_timeout` | waited `maxBlockTimeMs` for room and got none |
 * | `too_large` | is larger than one request may be |
 * | `rejected` | was rejected for good by the consumer: a final status, or partial success |
 * | `undeliverable` | failed again and again, sent alone, while others were delivered |
 * | `unencodable` | could not be encoded or measured |
 * | `already_shutdown` | came during a drain, during a close without an overflow, or after one, or waited for room until then |
 * | `drain_timeout` | was left over when the deadline of a close passed, or when the process ended |
 * | `expired` | was retried for longer than `maxAgeMs`, or stored for longer than its spool keeps items |
 * | `feedback` | was produced by the export itself |
 * | `deduplicated` | repeats an earlier one that was let in, and is counted by a summary, which may itself be given up |
 * | `superseded` | was to be replaced by a newer value of the same kind before it was delivered |
 * | `spool_full` | was stored, and given up because the storage was full |
 * | `spool_corrupt` | was stored, and could not be read again |
 */
export const DROP_REASONS = [
  'queue_full',
  'evicted',
  'sampled_out',
  'block_timeout',
  'too_large',
  'rejected',
  'undeliverable',
  'unencodable',
  'already_shutdown',
  'drain_timeout',
  'expired',
  'feedback',
  'deduplicated',
  'superseded',
  'spool_full',
  'spool_corrupt',
] as const;

/** One of {@link DROP_REASONS}. */
export type DropReason = (typeof DROP_REASONS)[number];

/** @throws RangeError for a reason that is not one of {@link DROP_REASONS} */
export function dropReason(reason: DropReason): DropReason {
  if (!DROP_REASONS.includes(reason))
    throw new RangeError(`reason must be one of ${DROP_REASONS.join(', ')}, got ${reason as string}`);
  return reason;
}
