import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type * as backpressure from '../src/index.ts';

/** Loads the modules again, as an application does: without the tests' own seam for time. */
async function load(): Promise<typeof backpressure> {
  vi.resetModules();
  return import('../src/index.ts');
}

const { setImmediate: realImmediate } = globalThis;

/** A consumer that answers like a collector: in a later turn of the event loop, whatever is faked. */
function consumer() {
  const delivered: number[] = [];
  const flush = async (batch: number[]): Promise<backpressure.FlushOutcome> => {
    await new Promise((resolve) => realImmediate(resolve));
    delivered.push(...batch);
    return { kind: 'delivered' };
  };
  return { delivered, flush };
}

const SET_UPS: [name: string, fake: () => void][] = [
  ['the timers that Vitest fakes by default', () => vi.useFakeTimers()],
  ['setTimeout alone', () => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })],
  [
    'timers, microtasks and both clocks',
    () =>
      vi.useFakeTimers({
        toFake: [
          'setTimeout',
          'clearTimeout',
          'setImmediate',
          'clearImmediate',
          'setInterval',
          'clearInterval',
          'Date',
          'performance',
          'hrtime',
          'queueMicrotask',
        ],
      }),
  ],
];

beforeEach(() => void vi.useRealTimers());
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe.each(SET_UPS)('if a test fakes %s', { timeout: 5_000 }, (_, fake) => {
  it.each([
    ['after the package was loaded', false],
    ['before the package is loaded', true],
  ])('%s, items are delivered, and flush and close settle', async (_when, fakedFirst) => {
    if (fakedFirst) fake();
    const { BackpressureController } = await load();
    fake();
    const { delivered, flush } = consumer();
    const controller = new BackpressureController(flush);
    controller.start();
    controller.tryPush(1);
    expect(await controller.flush()).toBe(true);
    controller.tryPush(2);
    expect(await controller.close()).toEqual({ flushed: 1, failed: 0, remaining: 0 });
    expect(delivered).toEqual([1, 2]);
  });

  it.each([
    ['after the package was loaded', false],
    ['before the package is loaded', true],
  ])('%s, flush keeps its deadline and a batch its interval', async (_when, fakedFirst) => {
    if (fakedFirst) fake();
    const { BackpressureController } = await load();
    fake();
    const { delivered, flush } = consumer();
    const hanging = new BackpressureController(() => new Promise<never>(() => {}));
    hanging.tryPush(1);
    expect(await hanging.flush({ timeoutMs: 20 })).toBe(false);
    const controller = new BackpressureController(flush, { minFlushIntervalMs: 20 });
    controller.start();
    controller.tryPush(2);
    vi.useRealTimers();
    await vi.waitFor(() => expect(delivered).toEqual([2]));
  });

  it('an item that was pushed meanwhile leaves once the timers are real again', async () => {
    const { BackpressureController } = await load();
    const { delivered, flush } = consumer();
    const controller = new BackpressureController(flush, { minFlushIntervalMs: 20 });
    controller.start();
    fake();
    controller.tryPush(1);
    vi.useRealTimers();
    await vi.waitFor(() => expect(delivered).toEqual([1]));
    expect(await controller.close()).toEqual({ flushed: 0, failed: 0, remaining: 0 });
  });
});

describe('if the timers are mocks that keep no original when the package is loaded', { timeout: 5_000 }, () => {
  it('flush and close settle once the consumer answers', async () => {
    // Like the legacy fake timers of jest.
    for (const name of ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'])
      vi.stubGlobal(name, vi.fn<() => void>());
    const { BackpressureController } = await load();
    const { delivered, flush } = consumer();
    const controller = new BackpressureController(flush, { batchSize: 2, maxBatchSize: 2, maxConcurrentFlushes: 1 });
    controller.start();
    for (const item of [1, 2, 3, 4, 5]) controller.tryPush(item);
    expect(await controller.flush()).toBe(true);
    controller.tryPush(6);
    expect(await controller.close()).toEqual({ flushed: 1, failed: 0, remaining: 0 });
    expect(delivered).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
