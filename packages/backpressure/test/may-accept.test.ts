import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { BackpressureStrategy } from '../src/index.ts';
import { resetClock, settle } from './fake-clock.ts';
import { HeldConsumer, numbers } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
beforeEach(resetClock);

const LANES = [0, 1, 2];

/** Each item is its own lane. */
function controllerWith(strategy: BackpressureStrategy, items: readonly number[], maxBufferSize = items.length) {
  const consumer = new HeldConsumer<number>();
  const controller = lawfulController(consumer.flush, {
    strategy,
    sampleRate: 1,
    maxBufferSize,
    batchSize: 1,
    priorityOf: (item) => item,
  });
  for (const item of items) controller.tryPush(item);
  return { consumer, controller };
}

describe('whether an item of a lane may be let in', () => {
  it.each(['block', 'drop_oldest', 'drop_newest', 'sample'] as const)(
    'is true while there is room (%s)',
    (strategy) => {
      const { controller } = controllerWith(strategy, [1, 1], 3);
      expect(LANES.map((lane) => controller.mayAccept(lane))).toEqual([true, true, true]);
    },
  );

  it.each([
    ['block', [false, false, false]],
    ['drop_newest', [false, false, true]],
    ['drop_oldest', [false, true, true]],
    ['sample', [false, true, true]],
  ] as const)('depends on the lanes below it if the buffer is full (%s)', (strategy, expected) => {
    const { controller } = controllerWith(strategy, [2, 1, 1]);
    expect(LANES.map((lane) => controller.mayAccept(lane))).toEqual(expected);
  });

  it('is false if all held items are in flight, whatever the lane', async () => {
    const { controller } = controllerWith('drop_oldest', [0]);
    controller.start();
    await settle();
    expect([0, Infinity].map((lane) => controller.mayAccept(lane))).toEqual([false, false]);
  });

  it('is false after the end', async () => {
    const { controller } = controllerWith('drop_oldest', [], 5);
    await controller.close();
    expect(controller.mayAccept(Infinity)).toBe(false);
  });

  it('is never false for an item that is then let in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('block' as const, 'drop_oldest' as const, 'drop_newest' as const, 'sample' as const),
        fc.array(
          fc.record({ lane: fc.constantFrom(...LANES), bytes: fc.integer({ min: 1, max: 60 }), answers: fc.boolean() }),
          { maxLength: 40 },
        ),
        async (strategy, steps) => {
          const consumer = new HeldConsumer<{ lane: number; bytes: number }>();
          const controller = lawfulController(consumer.flush, {
            strategy,
            sampleRate: 1,
            maxBufferSize: 5,
            maxBufferBytes: 100,
            batchSize: 1,
            sizeOf: ({ bytes }) => bytes,
            priorityOf: ({ lane }) => lane,
          });
          controller.start();
          for (const { answers, ...item } of steps) {
            const mayAccept = controller.mayAccept(item.lane);
            expect(controller.tryPush(item) && !mayAccept).toBe(false);
            if (answers) consumer.flushes.find((flush) => !flush.answered)?.answer();
            await settle();
          }
        },
      ),
    );
  });
});

describe('items that their producer drops itself', () => {
  it('count as offered and refused, with the given reason', () => {
    const { controller } = controllerWith('drop_oldest', numbers(1, 2), 5);
    controller.discard('feedback');
    controller.discard('deduplicated', 3);
    expect(controller.getMetrics()).toMatchObject({ eventsOffered: 6, eventsAccepted: 2, eventsRefused: 4 });
    expect(controller.getMetrics().droppedByReason).toMatchObject({ feedback: 1, deduplicated: 3 });
  });

  it('may be 0 items, and observers are not told', () => {
    const onDrop = vi.fn<() => void>();
    const controller = lawfulController<number>(async () => ({ kind: 'delivered' }), { onDrop });
    controller.discard('feedback', 0);
    expect(onDrop).not.toHaveBeenCalled();
    expect(controller.getMetrics().eventsOffered).toBe(0);
  });

  it.each([
    ['an unknown reason', ['no_reason' as never], /^reason must be one of queue_full, evicted, .*, got no_reason$/],
    ['a count below 0', ['feedback', -1], 'count must be a whole number from 0, got -1'],
    ['a count that is not whole', ['feedback', 1.5], 'count must be a whole number from 0, got 1.5'],
    ['a count that is not a number', ['feedback', '2' as never], 'count must be a whole number from 0, got 2'],
  ] as const)('are not counted with %s', (_, [reason, count], message) => {
    const { controller } = controllerWith('drop_oldest', [], 5);
    expect(() => controller.discard(reason, count)).toThrow(RangeError);
    expect(() => controller.discard(reason, count)).toThrow(message);
    expect(controller.getMetrics().eventsOffered).toBe(0);
  });
});
