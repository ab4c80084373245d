import type { DropReason } from '@spillway/backpressure';

/** Reasons that are not a loss to an operator: adjusted counts, summaries, newer values, or the export's own telemetry. */
const ON_PURPOSE: ReadonlySet<DropReason> = new Set(['sampled_out', 'deduplicated', 'superseded', 'feedback']);

/** Whether items with that reason were left out on purpose. All others are losses. */
export function isLeftOut(reason: DropReason): boolean {
  return ON_PURPOSE.has(reason);
}
