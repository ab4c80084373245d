import { diag } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PendingResources } from '../src/pending-resources.ts';

const EXPORT_MILLIS = 30_000;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(diag, 'warn').mockReturnValue();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A resource whose attributes arrive when the test calls `answer`. */
function detected() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const resource = { attributes: {}, asyncAttributesPending: true, waitForAsyncAttributes: () => promise };
  const answer = (): void => {
    resource.asyncAttributesPending = false;
    resolve();
  };
  return { resource, answer };
}

/** The duration of a wait, in milliseconds; `undefined` while it goes on. */
function timed(wait: Promise<void>): () => number | undefined {
  const startedAt = performance.now();
  let millis: number | undefined;
  void wait.then(() => (millis = performance.now() - startedAt));
  return () => millis;
}

const never = new AbortController().signal;

describe('the attributes of a resource that are still being detected', () => {
  it('are waited for until they are there', async () => {
    const { resource, answer } = detected();
    const wait = timed(new PendingResources('Processor', EXPORT_MILLIS).settle([resource], never));
    await vi.advanceTimersByTimeAsync(14_000);
    expect(wait()).toBeUndefined();
    answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(wait()).toBe(14_000);
    expect(diag.warn).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are waited for during half the time of an export in total, which is logged once', async () => {
    const resources = new PendingResources('Processor', EXPORT_MILLIS);
    const { resource } = detected();
    const first = timed(resources.settle([resource], never));
    await vi.advanceTimersByTimeAsync(10_000);
    const second = timed(new PendingResources('Other', EXPORT_MILLIS).settle([resource], never));
    await vi.advanceTimersByTimeAsync(5_000);
    expect([first(), second()]).toEqual([15_000, 5_000]);
    const third = timed(resources.settle([resource], never));
    await vi.advanceTimersByTimeAsync(0);
    expect(third()).toBe(0);
    expect(diag.warn).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/^Processor: a resource detector has not answered in time/),
    );
  });

  it('are not waited for once the export is aborted', async () => {
    const abort = new AbortController();
    const resources = new PendingResources('Processor', EXPORT_MILLIS);
    const wait = timed(resources.settle([detected().resource], abort.signal));
    await vi.advanceTimersByTimeAsync(10);
    abort.abort();
    await vi.advanceTimersByTimeAsync(0);
    const late = timed(resources.settle([detected().resource], abort.signal));
    await vi.advanceTimersByTimeAsync(0);
    expect([wait(), late()]).toEqual([10, 0]);
  });

  it('delay no caller with a deadline by more than a tenth of its time, whether the wait is its own or an earlier one', async () => {
    const resources = new PendingResources('Processor', EXPORT_MILLIS);
    const earlier = timed(resources.settle([detected().resource], never));
    await vi.advanceTimersByTimeAsync(500);
    const caller = Promise.withResolvers<void>();
    const flush = resources.within(1_000, () => caller.promise);
    const own = timed(resources.settle([detected().resource], never));
    await vi.advanceTimersByTimeAsync(100);
    expect([earlier(), own()]).toEqual([600, 100]);
    const next = timed(resources.settle([detected().resource], never));
    await vi.advanceTimersByTimeAsync(0);
    expect(next()).toBe(0);

    caller.resolve();
    await flush;
    const afterwards = timed(resources.settle([detected().resource], never));
    await vi.advanceTimersByTimeAsync(14_999);
    expect(afterwards()).toBeUndefined();
  });

  it('leave no timer behind after a caller that did not have to wait', async () => {
    await new PendingResources('Processor', EXPORT_MILLIS).within(1_000, () => Promise.resolve());
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('a caller whose time was enough does not make the next one wait longer for attributes', async () => {
  const resources = new PendingResources('Processor', EXPORT_MILLIS);
  await resources.within(1_000, () => Promise.resolve());
  void resources.within(1_000, () => new Promise(() => {}));
  await vi.advanceTimersByTimeAsync(100);
  const wait = timed(resources.settle([detected().resource], never));
  await vi.advanceTimersByTimeAsync(0);
  expect(wait()).toBe(0);
});
