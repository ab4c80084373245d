import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { flushWithin } from '../../src/serverless/flush-within.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = () => ({ forceFlush: vi.fn<() => Promise<void>>(() => new Promise(() => {})) });

describe('flushWithin', () => {
  it('says that everything was flushed', async () => {
    const forceFlush = vi.fn<() => Promise<void>>(async () => {});
    expect(await flushWithin({ forceFlush }, 1_000)).toBe(true);
    expect(forceFlush).toHaveBeenCalledExactlyOnceWith({ timeoutMillis: 900 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['what is left, less the margin', 1_000, {}, 900],
    ['a margin that is given', 1_000, { marginMillis: 300 }, 700],
    ['what a function tells', () => 500, { marginMillis: 0 }, 500],
  ] as const)('takes no longer than %s', async (_, remaining, options, millis) => {
    const ended = vi.fn<(isFlushed: boolean) => void>();
    void flushWithin(never(), remaining, options).then(ended);
    await vi.advanceTimersByTimeAsync(millis - 1);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(ended).toHaveBeenCalledExactlyOnceWith(false);
  });

  it.each([50, 0, -10])('begins a flush all the same with %d ms left, and does not wait for it', async (remaining) => {
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
    ['throws', { forceFlush: (): never => { throw new Error('no'); } }, 1_000, {}],
    ['is none', {} as never, 1_000, {}],
    ['is told no time', never(), Number.NaN, {}],
    ['is told nothing', never(), undefined as never, {}],
    ['asks in vain', never(), (): never => { throw new Error('no'); }, {}],
    ['has a margin that is none', never(), 1_000, { marginMillis: -1 }],
  ])('says no, and does not throw, where a flush %s', async (_, handle, remaining, options) => {
    expect(await flushWithin(handle, remaining, options)).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not bothered by a failure after its time', async () => {
    const forceFlush = () => new Promise<void>((_, reject) => void setTimeout(() => reject(new Error('late')), 2_000));
    const flush = flushWithin({ forceFlush }, 1_000);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await flush).toBe(false);
  });
});
