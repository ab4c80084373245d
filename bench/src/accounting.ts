import type { CollectorCounts } from '@spillway/test/collector';
import { reportedLost, settledItems, type ApplicationReport, type Variant } from './application/protocol.ts';

/** What happened to the items of one run: the receiver's counts compared with the pipeline's. */
export interface Accounting {
  readonly made: number;
  /** Different items the receiver accepted. */
  readonly delivered: number;
  readonly duplicates: number;
  /** Made and not delivered. */
  readonly lost: number;
  /** Items that the pipeline reports as lost, by its reasons. */
  readonly lostByReason: Readonly<Record<string, number>>;
  /** Items the pipeline still held when the process ended. */
  readonly held: number;
  /** What does not add up; empty if the run can be trusted. */
  readonly problems: readonly string[];
}

/**
 * Checks that delivered + reported lost = made, because a pipeline that loses items without reporting it would look
 * fast.
 */
export function account(
  variant: Variant,
  report: Pick<ApplicationReport, 'made' | 'accounts' | 'drain'>,
  received: CollectorCounts | undefined,
): Accounting {
  const { made, accounts, drain } = report;
  const unique = received?.unique ?? 0;
  const held = made - settledItems(accounts);
  const problems: string[] = [];

  if (variant !== 'noop') {
    if (accounts.offered !== undefined && accounts.offered !== made) {
      problems.push(`${made} items were made, the pipeline says it was offered ${accounts.offered}`);
    }
    if (accounts.notBuilt !== undefined && accounts.notBuilt > 0) {
      problems.push(`the pipeline told the SDK not to build ${accounts.notBuilt} items`);
    }
    if (drain.outcome === 'drained') {
      if (held !== 0) problems.push(`${held} of ${made} items are unaccounted for after the drain`);
      if (unique !== accounts.delivered) {
        problems.push(
          `the receiver has ${unique} different items, the pipeline says it delivered ${accounts.delivered}`,
        );
      }
    } else if (unique < accounts.delivered || unique > accounts.delivered + held) {
      // Without a complete drain, items that were in flight at the end may or may not have been accepted.
      problems.push(
        `the receiver has ${unique} different items, the pipeline says it delivered ${accounts.delivered} and held ${held}`,
      );
    }
    if (unique + reportedLost(accounts) + held < made) problems.push('items were lost without a report');
  }

  return {
    made,
    delivered: unique,
    duplicates: received?.duplicates ?? 0,
    lost: made - unique,
    lostByReason: accounts.lost,
    held,
    problems,
  };
}
