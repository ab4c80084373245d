import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defer, now, startDeadline, startTimer } from '../src/clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('a timer', () => {
  it('calls back once, after its time', () => {
    const callback = vi.fn<(value?: unknown) => void>();
    const from = now();
    startTimer(callback, 50);
    vi.advanceTimersByTime(49);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(100_000);
    expect(callback).toHaveBeenCalledOnce();
    expect(now() - from).toBe(100_049);
  });

  it.each([-5, -Infinity, 0])('calls back soon for a time of %s', (delay) => {
    const callback = vi.fn<(value?: unknown) => void>();
    startTimer(callback, delay);
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledOnce();
  });

  it.each([2 ** 31, 1e15])('does not call back immediately for %s ms, which do not fit 31 bits', (delay) => {
    const callback = vi.fn<(value?: unknown) => void>();
    startTimer(callback, delay);
    vi.advanceTimersByTime(2 ** 31 - 2);
    expect(callback).not.toHaveBeenCalled();
  });

  it('is not started for Infinity, unless it has to hold the process', () => {
    startTimer(() => {}, Infinity).cancel();
    expect(vi.getTimerCount()).toBe(0);
    const callback = vi.fn<(value?: unknown) => void>();
    const timer = startTimer(callback, Infinity, true);
    expect(vi.getTimerCount()).toBe(1);
    timer.cancel();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('can be cancelled, even after it has called back', () => {
    const callback = vi.fn<(value?: unknown) => void>();
    const timer = startTimer(callback, 5);
    timer.cancel();
    timer.cancel();
    vi.advanceTimersByTime(10);
    expect(callback).not.toHaveBeenCalled();
  });

  it('works if a handle is a number, as in browsers', () => {
    const cleared = vi.fn<(value?: unknown) => void>();
    vi.stubGlobal('setTimeout', () => 7);
    vi.stubGlobal('clearTimeout', cleared);
    startTimer(() => {}, 5).cancel();
    expect(cleared).toHaveBeenCalledWith(7);
  });
});

describe('a deadline', () => {
  it('calls back once, in the turn after its time', () => {
    const callback = vi.fn<(value?: unknown) => void>();
    startDeadline(callback, 50);
    vi.advanceTimersByTime(50);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(callback).toHaveBeenCalledOnce();
  });

  it('can be cancelled, even between its time and that turn', () => {
    const callback = vi.fn<(value?: unknown) => void>();
    const deadlines = [startDeadline(callback, 40), startDeadline(callback, 50)];
    vi.advanceTimersByTime(30);
    deadlines[0]?.cancel();
    vi.advanceTimersByTime(20);
    deadlines[1]?.cancel();
    vi.advanceTimersByTime(1_000);
    expect(callback).not.toHaveBeenCalled();
  });
});

describe('a deferred turn', () => {
  it('comes after the code that asked for it', () => {
    const callback = vi.fn<(value?: unknown) => void>();
    defer(callback);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledOnce();
  });

  it.each([
    ['there is none', undefined],
    [
      "it throws, as in Next's edge runtime",
      () => {
        throw new Error('A Node.js API is used (setImmediate) which is not supported in the Edge Runtime.');
      },
    ],
  ])('comes without setImmediate, if %s', (_, setImmediate) => {
    vi.stubGlobal('setImmediate', setImmediate);
    const callback = vi.fn<(value?: unknown) => void>();
    defer(callback);
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledOnce();
  });
});
