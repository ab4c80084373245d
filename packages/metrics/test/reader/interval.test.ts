import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Interval } from '../../src/reader/interval.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('an interval', () => {
  it('calls on a grid of time, until it is stopped', () => {
    const calls: number[] = [];
    const startedAt = performance.now();
    const interval = new Interval(() => calls.push(performance.now() - startedAt), 1_000);
    interval.start();
    vi.advanceTimersByTime(3_500);
    interval.stop();
    vi.advanceTimersByTime(5_000);
    expect(calls).toEqual([1_000, 2_000, 3_000]);
  });

  it('does not make up for calls that were missed while nothing ran', () => {
    const call = vi.fn<() => void>();
    const interval = new Interval(call, 1_000);
    const now = performance.now();
    const clock = vi.spyOn(performance, 'now');
    interval.start();
    // The machine slept for four intervals and a half: the timer comes late, and the clock has moved.
    clock.mockImplementation(() => now + 5_500);
    vi.advanceTimersByTime(1_000);
    expect(call).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(499);
    expect(call).toHaveBeenCalledTimes(1);
    clock.mockImplementation(() => now + 6_000);
    vi.advanceTimersByTime(1);
    expect(call).toHaveBeenCalledTimes(2);
    interval.stop();
  });
});
