import { beforeEach, describe, expect, it, vi } from 'vitest';
import { BackpressureController, type FlushReport, type FlushResult } from '../src/index.ts';
import { expectLaw } from './accounting-law.ts';
import { advance, resetClock, settle } from './fake-clock.ts';
import { HeldConsumer, numbers, refused } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
beforeEach(resetClock);

/** The counters after a batch of ten, for a given flush function. */
async function afterFlush(flush: () => unknown) {
  const reports: FlushReport[] = [];
  let calls = 0;
  const controller = lawfulController<number>(
    (() => {
      calls += 1;
      return calls === 1 ? flush() : new Promise(() => {});
    }) as never,
    { batchSize: 10, onFlush: (report) => void reports.push(report) },
  );
  controller.start();
  for (const item of numbers(1, 10)) controller.tryPush(item);
  await settle();
  const { eventsFlushed, eventsFailed, eventsRetried, bufferSize, droppedByReason } = controller.getMetrics();
  return {
    flushed: eventsFlushed,
    failed: eventsFailed,
    retried: eventsRetried,
    bufferSize,
    rejected: droppedByReason.rejected,
    report: reports[0],
  };
}

const result = (success: unknown, failed: unknown, errors: unknown = []): FlushResult =>
  ({ success, failed, errors }) as FlushResult;

describe('the result of a flush', () => {
  it('delivers the batch', async () => {
    expect(await afterFlush(async () => result(10, 0))).toMatchObject({ flushed: 10, failed: 0 });
    expect(await afterFlush(async () => ({ kind: 'delivered' }))).toMatchObject({ flushed: 10, failed: 0 });
    expect(await afterFlush(() => result(10, 0))).toMatchObject({ flushed: 10, failed: 0 });
  });

  it('counts items that failed, with their reason, and does not send them again', async () => {
    expect(await afterFlush(async () => result(7, 3, [new Error('no such tenant')]))).toMatchObject({
      flushed: 7,
      failed: 3,
      rejected: 3,
      retried: 0,
      bufferSize: 0,
    });
    expect(await afterFlush(async () => ({ kind: 'delivered', rejected: 3 }))).toMatchObject({
      flushed: 7,
      failed: 3,
      rejected: 3,
      retried: 0,
    });
  });

  it('gives up a batch that was rejected for good, and no other items', async () => {
    const consumer = new HeldConsumer<number>();
    const controller = lawfulController(consumer.flush, { batchSize: 10 });
    controller.start();
    for (const item of numbers(1, 20)) controller.tryPush(item);
    await settle();
    consumer.last.answer(refused);
    await settle();
    consumer.last.answer();
    await settle();
    expect(consumer.batches).toEqual([numbers(1, 10), numbers(11, 20)]);
    expect(controller.getMetrics()).toMatchObject({ eventsFlushed: 10, eventsFailed: 10, eventsDropped: 0 });
  });

  it.each([
    ['more successes than items', result(99, 0), 10, 0],
    ['fewer of both than items', result(4, 1), 4, 6],
    ['more of both than items', result(8, 8), 8, 2],
    ['a negative success', result(-3, 0), 0, 10],
    ['a success of NaN', result(Number.NaN, 0), 0, 10],
    ['a success of Infinity', result(Infinity, 0), 0, 10],
    ['a fraction', result(3.7, 0), 3, 7],
    ['strings', result('10', '0'), 0, 10],
    ['no errors', { success: 10, failed: 0 }, 10, 0],
    ['more rejected than items', { kind: 'delivered', rejected: 99 }, 0, 10],
    ['a negative rejected', { kind: 'delivered', rejected: -1 }, 10, 0],
    ['a rejected of NaN', { kind: 'delivered', rejected: Number.NaN }, 10, 0],
  ])('settles each item once, even if it has %s', async (_, answer, flushed, failed) => {
    expect(await afterFlush(async () => answer)).toMatchObject({ flushed, failed, rejected: failed, retried: 0 });
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['true', true],
    ['a string', 'ok'],
    ['an object of another shape', { ok: true }],
    ['a kind that does not exist', { kind: 'great' }],
  ])('loses the batch if it is %s, which says neither yes nor no', async (_, answer) => {
    const after = await afterFlush(async () => answer);
    expect(after).toMatchObject({ flushed: 0, failed: 10, rejected: 10, retried: 0 });
    expect(after.report?.outcome).toMatchObject({
      kind: 'refused',
      error: { message: expect.stringContaining('neither a FlushResult nor a FlushOutcome') },
    });
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('reset'))],
    [
      'throws inside the call',
      () => {
        throw new Error('reset');
      },
    ],
    [
      'throws a string',
      () => {
        throw 'reset';
      },
    ],
    [
      'throws a value that cannot be converted to a string',
      () => {
        throw Object.create(null);
      },
    ],
    ['rejects with undefined', () => Promise.reject(undefined as unknown as Error)],
    [
      'resolves with an object whose getter throws',
      async () => ({
        get kind() {
          throw new Error('revoked');
        },
      }),
    ],
  ])('loses nothing when the flush function %s', async (_, flush) => {
    const after = await afterFlush(flush);
    expect(after).toMatchObject({ flushed: 0, failed: 0, retried: 10, bufferSize: 10 });
    expect(after.report?.outcome).toMatchObject({ kind: 'retry', error: expect.any(Error) });
  });

  it('is reported with the thrown value as the cause, if that is not an error', async () => {
    const { report } = await afterFlush(() => {
      throw 'reset';
    });
    expect(report?.outcome.error).toMatchObject({
      message: 'the flush function threw a value that is not an Error',
      cause: 'reset',
    });
  });

  it('is reported once, with items, bytes and latency', async () => {
    const reports: FlushReport[] = [];
    const consumer = new HeldConsumer<number>();
    const controller = lawfulController(consumer.flush, {
      batchSize: 2,
      sizeOf: (item) => item,
      onFlush: (report) => void reports.push(report),
    });
    controller.start();
    for (const item of [3, 4]) controller.tryPush(item);
    await advance(70);
    consumer.last.answer({ kind: 'delivered', rejected: 1, error: new Error('one of them') });
    await settle();
    expect(reports).toEqual([
      {
        outcome: { kind: 'delivered', rejected: 1, error: new Error('one of them') },
        items: 2,
        bytes: 7,
        latencyMs: 70,
        operationMs: 70,
      },
    ]);
  });

  it('cannot lose items, whatever the flush function does to its array', async () => {
    const seen: number[][] = [];
    const controller = new BackpressureController<number>(
      async (items) => {
        seen.push([...items]);
        items.splice(0, 1);
        items.reverse();
        if (seen.length === 1) throw new Error('after tampering');
        return { kind: 'delivered' };
      },
      { batchSize: 3 },
    );
    controller.start();
    for (const item of [1, 2, 3]) controller.tryPush(item);
    await advance(1_000);
    expect(seen).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(controller.getMetrics().eventsFlushed).toBe(3);
    expectLaw(controller);
  });
});
