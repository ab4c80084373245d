import { describe, expect, it } from 'vitest';
import { ChildAccount } from '../../src/process-end/child-account.ts';
import { lastLine } from '../../src/process-end/last-line.ts';
import { reportLine, type ShippingReport } from '../../src/process-end/shipping-reports.ts';

const HOUR_MILLIS = 3_600_000;
const OVER = reportLine({ kind: 'over' });
const DELIVERED = reportLine({ kind: 'delivered', items: 10 });

function rejected(items: number, cause: string): string {
  const report: ShippingReport = { kind: 'lost', items, reason: 'rejected', cause, mayHaveArrived: false };
  return reportLine(report);
}

/** The line for a child that was given 20 items, has printed this, in pieces, and has ended. */
function lineFor(pieces: readonly (string | Uint8Array)[], endsAfter = HOUR_MILLIS): string | undefined {
  const account = new ChildAccount(Date.now() + endsAfter);
  account.give(10);
  account.give(10);
  for (const piece of pieces) account.read(Buffer.from(piece));
  return lastLine(0, 0, account.losses)?.text;
}

describe('the items that a child was given', () => {
  const unknown = 'the process that ships them ended without a report; they may have arrived';

  it.each([
    ['prints nothing', [], `20 items as the process ended: 20 drain_timeout (${unknown})`],
    [
      'prints something else',
      ['Debugger attached.\n{"kind":"delivered","items":"many"}\nnull\n'],
      `20 items as the process ended: 20 drain_timeout (${unknown})`,
    ],
    [
      'is killed within a report',
      [DELIVERED, DELIVERED.slice(0, 12)],
      `10 items as the process ended: 10 drain_timeout (${unknown})`,
    ],
    [
      'has not read all of them before its time is over',
      [DELIVERED, OVER],
      '10 items as the process ended: 10 drain_timeout (there was no time left to ship them)',
    ],
    ['reports one that is lost', [rejected(1, 'a'), OVER], undefined],
  ])('are lost, apart from those reported as delivered, if it %s', (_, pieces, line) => {
    const expected =
      line ?? '20 items as the process ended: 1 rejected (a), 19 drain_timeout (there was no time left to ship them)';
    expect(lineFor(pieces, -1)).toBe(`Spillway: lost ${expected}`);
  });

  it('are lost for several reasons, each with its sum and its last cause, whatever pieces the reports come in', () => {
    const reports = Buffer.from(rejected(4, 'first') + DELIVERED + rejected(6, 'né à Paris') + OVER);
    const bytes = [...reports].map((byte) => Uint8Array.of(byte));
    expect(lineFor(bytes)).toBe('Spillway: lost 10 items as the process ended: 10 rejected (né à Paris)');
  });

  it('are not lost if all of them are reported as delivered, even without a last word', () => {
    expect(lineFor([DELIVERED, DELIVERED])).toBeUndefined();
  });
});
