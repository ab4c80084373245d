import { diag } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { flushAfter } from '../../src/serverless/index.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  diag.disable();
});

/** A context that insists on being called as a method, as those of platforms do. */
class Context {
  readonly #work: Promise<unknown>[] = [];

  waitUntil(work: Promise<unknown>): void {
    this.#work.push(work);
  }

  /** Resolves when the request is over. */
  get over(): Promise<unknown> {
    return Promise.all(this.#work);
  }
}

describe('flushAfter', () => {
  it('flushes at once, and keeps the request alive until everything is flushed', async () => {
    const context = new Context();
    let finish = (): void => {};
    const forceFlush = vi.fn<() => Promise<void>>(() => new Promise((resolve) => (finish = resolve)));
    flushAfter(context, { forceFlush });
    expect(forceFlush).toHaveBeenCalledExactlyOnceWith({ timeoutMillis: 10_000 });
    const isOver = vi.fn<(value: unknown) => void>();
    void context.over.then(isOver);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(isOver).not.toHaveBeenCalled();
    finish();
    await vi.advanceTimersByTimeAsync(0);
    expect(isOver).toHaveBeenCalledExactlyOnceWith([true]);
  });

  it('takes the function alone, as platforms that import it have it', async () => {
    const waitUntil = vi.fn<(work: Promise<unknown>) => void>();
    flushAfter(waitUntil, [{ forceFlush: async () => {} }]);
    expect(await waitUntil.mock.calls[0]?.[0]).toBe(true);
  });

  it('lets the request end after its time-out, whatever the flush does', async () => {
    const context = new Context();
    flushAfter(context, { forceFlush: () => new Promise(() => {}) }, { timeoutMillis: 2_000 });
    await vi.advanceTimersByTimeAsync(2_000);
    await vi.advanceTimersToNextTimerAsync();
    expect(await context.over).toEqual([false]);
  });

  it('does not throw if the platform refuses to wait, and flushes all the same', () => {
    const error = vi.fn<(message: string) => void>();
    const nothing = (): void => {};
    diag.setLogger({ error, warn: nothing, info: nothing, debug: nothing, verbose: nothing });
    const forceFlush = vi.fn<() => Promise<void>>(async () => {});
    const refuse = (): never => {
      throw new TypeError('Illegal invocation');
    };
    flushAfter(refuse, { forceFlush });
    expect(forceFlush).toHaveBeenCalledOnce();
    expect(error).toHaveBeenCalledOnce();
  });
});
