import type { DropReason } from '@spillway/backpressure';

/** Reasons that are not a loss to an operator: adjusted counts, summaries, newer values, or the export's own telemetry. */
const ON_PURPOSE: ReadonlySet<DropReason> = new Set(['sampled_out', 'deduplicated', 'superseded', 'feedback']);

/** Whether items with that reason were left out on purpose. All others are losses. */
export function isLeftOut(reason: DropReason): boolean {
  return ON_PURPOSE.has(reason);
}

/**
 * Whether items of that signal that were not even built were left out on purpose. A trace that the SDK was told not to
 * record is sampled out. A log record would have found no room, so it is lost.
 */
export function isNotBuiltOnPurpose(signal: string): boolean {
  return signal === 'traces';
}
