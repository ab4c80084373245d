import { describe, expect, it } from 'vitest';
import { SendCapacity } from '../src/send-capacity.ts';

/** The estimate after windows of a second, given how many items each sent and how many waited at its end. */
const after = (windows: readonly (readonly [sent: number, queued: number])[], isOnset = false): number | undefined => {
  const capacity = new SendCapacity();
  for (const [sent, queued] of windows) {
    capacity.onWindow({ seconds: 1, arrived: 0, exempt: 0, kept: 0, sent, queued, utilization: 0 }, isOnset);
  }
  return capacity.perSecond;
};

const silent = (windows: number): [number, number][] => Array.from({ length: windows }, () => [0, 500]);

describe('the estimated capacity of a consumer', () => {
  it.each([
    ['is not known until an item was sent', silent(3), undefined],
    ['is at first the number sent', [[100, 0]], 100],
    [
      'is the greatest number sent while no items waited',
      [
        [100, 0],
        [300, 0],
        [200, 0],
      ],
      300,
    ],
    [
      'is the average number sent while more items waited',
      [
        [100, 500],
        [200, 500],
        [100, 500],
      ],
      125,
    ],
    [
      'falls only if more items waited',
      [
        [100, 500],
        [50, 49],
        [50, 50],
      ],
      75,
    ],
    ['counts four silent windows before a batch as part of its time', [[100, 500], ...silent(4), [500, 500]], 100],
    ['is not lowered by an outage', [[100, 500], ...silent(5), [100, 500]], 100],
    ['counts silent windows once', [[100, 500], ...silent(1), [200, 500], [100, 500]], 100],
    [
      'forgets the silent windows of an outage too',
      [[100, 500], ...silent(9), [100, 500], ...silent(1), [200, 500]],
      100,
    ],
  ] as [string, [number, number][], number | undefined][])('%s', (_, windows, perSecond) => {
    expect(after(windows)).toBe(perSecond);
  });

  it('is the number sent now if a load begins and more items wait', () => {
    expect(
      after(
        [
          [1_000, 0],
          [100, 500],
        ],
        true,
      ),
    ).toBe(100);
    expect(
      after(
        [
          [1_000, 0],
          [100, 0],
        ],
        true,
      ),
    ).toBe(1_000);
  });

  it('is a rate', () => {
    const capacity = new SendCapacity();
    capacity.onWindow({ seconds: 0.25, arrived: 0, exempt: 0, kept: 0, sent: 100, queued: 0, utilization: 0 }, false);
    expect(capacity.perSecond).toBe(400);
  });
});
