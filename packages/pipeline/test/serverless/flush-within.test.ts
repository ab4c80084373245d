import { diag, type DiagLogger } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { flushWithin } from '../../src/serverless/index.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const nothing = (): void => {};
const silent: DiagLogger = { error: nothing, warn: nothing, info: nothing, debug: nothing, verbose: nothing };

const never = () => ({ forceFlush: vi.fn<() => Promise<void>>(() => new Promise(() => {})) });

describe('flushWithin', () => {
  it('returns true if everything was flushed', async () => {
    const forceFlush = vi.fn<() => Promise<void>>(async () => {});
    expect(await flushWithin({ forceFlush }, 1_000)).toBe(true);
    expect(forceFlush).toHaveBeenCalledExactlyOnceWith({ timeoutMillis: 900 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['the time left, minus the margin', 1_000, {}, 900],
    ['the time left, minus a given margin', 1_000, { marginMillis: 300 }, 700],
    ['the time that a function returns', () => 500, { marginMillis: 0 }, 500],
  ] as const)('takes no longer than %s', async (_, remaining, options, millis) => {
    const ended = vi.fn<(isFlushed: boolean) => void>();
    void flushWithin(never(), remaining, options).then(ended);
    await vi.advanceTimersByTimeAsync(millis - 1);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    // One turn later, so that the flush itself may end first.
    await vi.advanceTimersToNextTimerAsync();
    expect(ended).toHaveBeenCalledExactlyOnceWith(false);
  });

  it.each([50, 0, -10])('starts a flush even with %d ms left, and does not wait for it', async (remaining) => {
    const handle = never();
    const flush = flushWithin(handle, remaining);
    await vi.advanceTimersByTimeAsync(1);
    expect(await flush).toBe(false);
    expect(handle.forceFlush).toHaveBeenCalledExactlyOnceWith({ timeoutMillis: 0 });
  });

  it('waits as long as it takes without a deadline', async () => {
    const forceFlush = () => new Promise<void>((resolve) => void setTimeout(resolve, 60_000));
    const flush = flushWithin({ forceFlush }, Infinity);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await flush).toBe(true);
  });

  it.each([
    ['rejects', { forceFlush: () => Promise.reject(new Error('no')) }, 1_000, {}],
    [
      'throws',
      {
        forceFlush: (): never => {
          throw new Error('no');
        },
      },
      1_000,
      {},
    ],
    ['is missing', {} as never, 1_000, {}],
    ['gets no valid time', never(), Number.NaN, {}],
    ['gets no time at all', never(), undefined as never, {}],
    [
      'gets its time from a function that throws',
      never(),
      (): never => {
        throw new Error('no');
      },
      {},
    ],
    ['has an invalid margin', never(), 1_000, { marginMillis: -1 }],
  ])('returns false, and does not throw, if a flush %s', async (_, handle, remaining, options) => {
    expect(await flushWithin(handle, remaining, options)).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('flushes several at the same time, and returns false if one of them fails', async () => {
    const [good, bad] = [
      vi.fn<() => Promise<void>>(async () => {}),
      vi.fn<() => Promise<void>>(() => Promise.reject(new Error('no'))),
    ];
    expect(await flushWithin([{ forceFlush: bad }, { forceFlush: good }], 1_000)).toBe(false);
    expect(good).toHaveBeenCalledExactlyOnceWith({ timeoutMillis: 900 });
    expect(await flushWithin([{ forceFlush: good }, { forceFlush: good }], 1_000)).toBe(true);
  });

  it('leaves the end to a flush that keeps its time-out', async () => {
    const told = vi.fn<(message: string) => void>();
    diag.setLogger({ ...silent, warn: told });
    const forceFlush = (options?: { readonly timeoutMillis?: number }) =>
      new Promise<void>((_, reject) => void setTimeout(() => reject(new Error('late')), options?.timeoutMillis));
    const flush = flushWithin({ forceFlush }, 1_000);
    await vi.runAllTimersAsync();
    expect(await flush).toBe(false);
    expect(told).toHaveBeenCalledOnce();
    diag.disable();
  });

  it('ignores a failure after its time', async () => {
    const forceFlush = () => new Promise<void>((_, reject) => void setTimeout(() => reject(new Error('late')), 2_000));
    const flush = flushWithin({ forceFlush }, 1_000);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await flush).toBe(false);
  });
});
