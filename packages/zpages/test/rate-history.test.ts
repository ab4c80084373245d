import { describe, expect, it } from 'vitest';
import { RateHistory, type Sample } from '../src/report/rate-history.ts';

const sample = (time: number, offered: number, more: Partial<Sample> = {}): Sample => ({
  time,
  offered,
  delivered: 0,
  lost: 0,
  utilization: 0,
  ...more,
});

/** 10 items a second come in, and one sample is taken each `everyMs`. */
function steady(untilMs: number, everyMs: number): RateHistory {
  const history = new RateHistory();
  for (let time = 0; time <= untilMs; time += everyMs) history.add(sample(time, time / 100));
  return history;
}

describe('rates per second', () => {
  it.each([1_000, 5_000])('are the same if a sample is taken every %i ms', (everyMs) => {
    const { now, history, stepMs } = steady(400_000, everyMs).rates(400_000);
    expect(now.in).toBeCloseTo(10);
    expect(stepMs).toBe(5_000);
    expect(history.in).toHaveLength(60);
    // The last step has just begun.
    for (const rate of history.in.slice(0, -1)) expect(rate).toBeCloseTo(10);
  });

  it('do not depend on when samples are taken within the steps', () => {
    const history = new RateHistory();
    for (let time = 1_700; time <= 301_700; time += 5_030) history.add(sample(time, time / 100));
    for (const rate of history.rates(302_000).history.in.slice(2, -2)) expect(rate).toBeCloseTo(10);
  });

  it('are not known before the first two samples', () => {
    const history = new RateHistory();
    expect(history.rates(1_000).now).toEqual({ in: null, out: null, lost: null, utilization: null });
    history.add(sample(1_000, 5));
    expect(history.rates(1_000).now.in).toBeNull();
    history.add(sample(2_000, 10));
    expect(history.rates(2_000).now.in).toBeCloseTo(5);
    expect(history.rates(2_000).history.in.filter((rate) => rate !== null)).toHaveLength(1);
  });

  it('are not known while no samples came, and a burst of that time is not shown as one of later', () => {
    const history = new RateHistory();
    for (let time = 0; time <= 60_000; time += 1_000) history.add(sample(time, time / 100));
    // The event loop was blocked for 40 s, and 5000 items were made meanwhile.
    for (let time = 100_000; time <= 120_000; time += 1_000) history.add(sample(time, 5_600 + (time - 100_000) / 100));
    const { in: rates } = history.rates(120_000).history;
    expect(rates.filter((rate) => rate !== null && rate > 11)).toEqual([]);
    expect(rates.slice(-12, -5)).toEqual(Array.from({ length: 7 }, () => null));
  });

  it('of the moment are not known if the last sample is old', () => {
    expect(steady(60_000, 1_000).rates(80_000).now.in).toBeNull();
    expect(steady(60_000, 1_000).rates(64_000).now.in).toBeCloseTo(10);
  });

  it('keep the worst utilization of each step', () => {
    const history = new RateHistory();
    for (const [index, utilization] of [0.1, 0.9, 0.2, 0, 0, 0.3].entries())
      history.add(sample(index * 1_000, 0, { utilization }));
    const rates = history.rates(5_500);
    expect(rates.history.utilization.slice(-2)).toEqual([0.9, 0.3]);
    expect(rates.now.utilization).toBe(0.3);
  });

  it('keep no more than what they need', () => {
    const history = steady(3_600_000, 1_000);
    expect(history.sampleCount).toBeLessThan(330);
  });
});
