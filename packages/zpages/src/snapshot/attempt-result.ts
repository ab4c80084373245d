import type { FlushOutcome, FlushReport } from '@spillway/backpressure';

const WORDS = {
  throttled: 'asked for a pause',
  refused: 'rejected',
  too_large: 'too large',
  retry: 'failed',
} as const;

/** How an attempt ended, in a few words. */
export function resultOf({ outcome, items }: Pick<FlushReport, 'outcome' | 'items'>): {
  readonly result: string;
  readonly isOk: boolean;
} {
  if (outcome.kind !== 'delivered') return { result: wordsOf(outcome), isOk: false };
  const { rejected = 0 } = outcome;
  return rejected === 0
    ? { result: 'accepted', isOk: true }
    : { result: `took ${items - rejected} items, rejected ${rejected}`, isOk: false };
}

function wordsOf(outcome: Exclude<FlushOutcome, { kind: 'delivered' }>): string {
  if (outcome.kind === 'retry' && outcome.unreachable === true) return 'no connection';
  if (outcome.kind === 'retry' && outcome.timedOut === true) return 'no answer in time';
  const isDenied = outcome.kind === 'retry' && outcome.denied === true;
  return `${isDenied ? 'denied' : WORDS[outcome.kind]}${statusOf(outcome.error)}`;
}

function statusOf(error: Error | undefined): string {
  const { statusCode, code } = (error ?? {}) as { readonly statusCode?: unknown; readonly code?: unknown };
  const status = statusCode ?? code;
  return typeof status === 'number' || typeof status === 'string' ? ` (${status})` : '';
}
