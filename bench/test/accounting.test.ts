import { describe, expect, it } from 'vitest';
import { account } from '../src/accounting.ts';
import type { ApplicationReport } from '../src/application/protocol.ts';

type Told = Pick<ApplicationReport, 'made' | 'accounts' | 'drain'>;

function problems(told: Partial<Told>, unique: number): readonly string[] {
  const report = {
    made: 100,
    accounts: { delivered: 100, lost: {} },
    drain: { millis: 1, outcome: 'drained' },
    ...told,
  };
  const received = {
    requests: 1,
    items: unique,
    unique,
    duplicates: 0,
    rejected: 0,
    unanswered: 0,
    inFlight: 0,
    maxInFlight: 1,
  };
  return account('spillway', report as ApplicationReport, received).problems;
}

describe('the accounting of a run', () => {
  it('has no problems if the items received and the items reported lost add up to the items made', () => {
    expect(problems({}, 100)).toEqual([]);
    expect(problems({ accounts: { offered: 100, delivered: 60, lost: { queue_full: 40 } } }, 60)).toEqual([]);
  });

  it('reports a single delivered item that the receiver does not have', () => {
    expect(problems({}, 99)).not.toEqual([]);
  });

  it('reports items that are unaccounted for after a drain', () => {
    expect(problems({ accounts: { delivered: 90, lost: {} } }, 90)).not.toEqual([]);
  });

  it('reports a pipeline that was offered fewer items than were made', () => {
    expect(problems({ accounts: { offered: 99, delivered: 100, lost: {} } }, 100)).not.toEqual([]);
  });

  it('reports a pipeline that kept the SDK from building items', () => {
    expect(problems({ accounts: { offered: 100, notBuilt: 0, delivered: 100, lost: {} } }, 100)).toEqual([]);
    expect(problems({ accounts: { offered: 100, notBuilt: 1, delivered: 100, lost: {} } }, 100)).not.toEqual([]);
  });

  it('accepts either outcome for items in flight when a drain ran out of time', () => {
    const told: Partial<Told> = { accounts: { delivered: 50, lost: {} }, drain: { millis: 1, outcome: 'deadline' } };
    expect(problems(told, 70)).toEqual([]);
    expect(problems(told, 49)).not.toEqual([]);
  });
});
