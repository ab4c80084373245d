import { diag } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { flushEachInvocation } from '../../src/serverless/index.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const contextWith = (remaining: number) => ({ getRemainingTimeInMillis: () => remaining, awsRequestId: '1' });

describe('a handler that flushes each invocation', () => {
  it('gets event and context, and returns its result after the flush', async () => {
    const forceFlush = vi.fn<() => Promise<void>>(async () => {});
    const handler = flushEachInvocation(
      async (event: number, { awsRequestId }: ReturnType<typeof contextWith>) => `${awsRequestId}: ${event}`,
      { forceFlush },
    );
    expect(await handler(5, contextWith(3_000))).toBe('1: 5');
    expect(forceFlush).toHaveBeenCalledExactlyOnceWith({ timeoutMillis: 1_000 });
  });

  it('flushes an invocation that fails, and fails with the same error', async () => {
    const forceFlush = vi.fn<() => Promise<void>>(async () => {});
    const failure = new Error('no parcel');
    const handler = flushEachInvocation(() => Promise.reject(failure), { forceFlush });
    await expect(handler({}, contextWith(3_000))).rejects.toBe(failure);
    expect(forceFlush).toHaveBeenCalledOnce();
  });

  it.each([
    ['the margin before the deadline', 500, {}, 400],
    ['a given margin before the deadline', 500, { marginMillis: 200 }, 300],
    ['its longest time', 60_000, { maxFlushMillis: 2_000 }, 2_000],
  ] as const)('returns after %s, whatever the collector does', async (_, remaining, options, millis) => {
    const handler = flushEachInvocation(async () => 'done', { forceFlush: () => new Promise(() => {}) }, options);
    const ended = vi.fn<(result: string) => void>();
    void handler({}, contextWith(remaining)).then(ended);
    await vi.advanceTimersByTimeAsync(millis - 1);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await vi.advanceTimersToNextTimerAsync();
    expect(ended).toHaveBeenCalledExactlyOnceWith('done');
  });

  it('measures the time that is left after the handler, not before it', async () => {
    const forceFlush = vi.fn<() => Promise<void>>(async () => {});
    let remaining = 1_000;
    const handler = flushEachInvocation(
      async () => {
        remaining = 300;
      },
      { forceFlush },
    );
    await handler({}, { getRemainingTimeInMillis: () => remaining });
    expect(forceFlush).toHaveBeenCalledExactlyOnceWith({ timeoutMillis: 200 });
  });

  it.each([
    ['has no deadline', {}],
    ['is missing', undefined],
  ])('flushes within its longest time if the context %s', async (_, context) => {
    const forceFlush = vi.fn<() => Promise<void>>(async () => {});
    const handler = flushEachInvocation(async () => 'done', { forceFlush });
    expect(await handler({}, context)).toBe('done');
    expect(forceFlush).toHaveBeenCalledExactlyOnceWith({ timeoutMillis: 1_000 });
  });

  it('returns the result of the handler even if the flush fails and the logger throws', async () => {
    const fail = (): never => {
      throw new Error('the logger is broken');
    };
    diag.setLogger(
      { error: fail, warn: fail, info: fail, debug: fail, verbose: fail },
      { suppressOverrideMessage: true },
    );
    onTestFinished(() => diag.disable());
    const handler = flushEachInvocation(async () => 'done', { forceFlush: () => Promise.reject(new Error('no')) });
    expect(await handler({}, contextWith(3_000))).toBe('done');
  });

  it.each([['maxFlushMillis'], ['marginMillis']])('is refused with a negative %s', (name) => {
    expect(() => flushEachInvocation(async () => {}, { forceFlush: async () => {} }, { [name]: -1 })).toThrow(
      `${name} must be at least 0, got -1`,
    );
  });
});
