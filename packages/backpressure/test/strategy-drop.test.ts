import { beforeEach, describe, expect, it, vi } from 'vitest';
import { advance, resetClock, settle } from './fake-clock.ts';
import { HeldConsumer, numbers, retry } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
beforeEach(resetClock);

type Config = Parameters<typeof lawfulController<number>>[1];

/**
 * Pushes items into a controller with room for four, and returns which come out. Items from 100 have their own lanes: 1
 * for 100, 2 for 200.
 */
async function whatIsLeft(
  config: Config,
  items: number[],
): Promise<{ left: number[]; taken: number[]; drops: Record<string, number> }> {
  const consumer = new HeldConsumer<number>();
  const controller = lawfulController(consumer.flush, {
    maxBufferSize: 4,
    priorityOf: (item) => Math.floor(item / 100),
    ...config,
  });
  const taken: number[] = [];
  for (const item of items) if (await controller.push(item)) taken.push(item);
  consumer.automatic = { kind: 'delivered' };
  controller.start();
  await advance(1_000);
  const drops = Object.entries(controller.getMetrics().droppedByReason).filter(([, count]) => count > 0);
  return { left: consumer.batches.flat(), taken, drops: Object.fromEntries(drops) };
}

describe('strategy drop_oldest', () => {
  it('gives up the oldest item for a new one', async () => {
    expect(await whatIsLeft({ strategy: 'drop_oldest' }, numbers(1, 6))).toEqual({
      left: [3, 4, 5, 6],
      taken: numbers(1, 6),
      drops: { evicted: 2 },
    });
  });

  it('gives up the oldest item of the lowest lane, and sends the highest lane first', async () => {
    expect(await whatIsLeft({ strategy: 'drop_oldest' }, [1, 100, 2, 200, 3, 101, 102])).toEqual({
      left: [200, 100, 101, 102],
      taken: [1, 100, 2, 200, 3, 101, 102],
      drops: { evicted: 3 },
    });
  });

  it('refuses an item of a lane below all lanes in the buffer', async () => {
    expect(await whatIsLeft({ strategy: 'drop_oldest' }, [100, 101, 200, 201, 1])).toEqual({
      left: [200, 201, 100, 101],
      taken: [100, 101, 200, 201],
      drops: { queue_full: 1 },
    });
  });

  it('cannot give up items in flight, and refuses new ones if nothing else is held', async () => {
    const consumer = new HeldConsumer<number>();
    const controller = lawfulController(consumer.flush, { maxBufferSize: 4, batchSize: 4 });
    controller.start();
    for (const item of numbers(1, 4)) controller.tryPush(item);
    await settle();
    expect(controller.tryPush(5)).toBe(false);
    expect(controller.getMetrics()).toMatchObject({ inFlight: 4, bufferSize: 0, eventsDropped: 1 });
    consumer.last.answer();
    await settle();
    expect(controller.tryPush(6)).toBe(true);
  });

  it('gives up the oldest item of a batch that came back', async () => {
    const consumer = new HeldConsumer<number>();
    const controller = lawfulController(consumer.flush, { maxBufferSize: 4, batchSize: 2 });
    controller.start();
    for (const item of numbers(1, 4)) controller.tryPush(item);
    await settle();
    consumer.last.answer(retry);
    await settle();
    controller.tryPush(5);
    await advance(100);
    consumer.automatic = { kind: 'delivered' };
    consumer.last.answer();
    await advance(1_000);
    expect(consumer.batches).toEqual([
      [1, 2],
      [2, 3],
      [4, 5],
    ]);
    expect(controller.getMetrics().droppedByReason.evicted).toBe(1);
  });
});

describe('strategy drop_newest', () => {
  it('refuses a new item if there is no room', async () => {
    expect(await whatIsLeft({ strategy: 'drop_newest' }, numbers(1, 6))).toEqual({
      left: [1, 2, 3, 4],
      taken: [1, 2, 3, 4],
      drops: { queue_full: 2 },
    });
  });

  it('gives up the newest item of the lowest lane for one of a higher lane', async () => {
    expect(await whatIsLeft({ strategy: 'drop_newest' }, [1, 100, 2, 3, 200, 101, 4])).toEqual({
      left: [200, 100, 101, 1],
      taken: [1, 100, 2, 3, 200, 101],
      drops: { evicted: 2, queue_full: 1 },
    });
  });

  it('refuses an item of the lowest lane in the buffer', async () => {
    expect(await whatIsLeft({ strategy: 'drop_newest' }, [100, 101, 102, 103, 104, 1])).toMatchObject({
      left: [100, 101, 102, 103],
      drops: { queue_full: 2 },
    });
  });
});

describe('a lane', () => {
  it.each([
    [Number.NaN, 0],
    [-5, 0],
    [0.9, 0],
    [99, 31],
    [Infinity, 0],
    ['3', 0],
  ])('of priority %s is lane %s', async (priority, lane) => {
    const lanes: number[] = [];
    const { ObjectBuffer } = await import('../src/index.ts');
    const buffer = new ObjectBuffer<number>();
    const push = buffer.push.bind(buffer);
    buffer.push = (item, admission) => {
      lanes.push(admission.lane);
      return push(item, admission);
    };
    const controller = lawfulController<number>(async () => ({ kind: 'delivered' }), {
      buffer,
      priorityOf: () => priority as number,
    });
    expect(controller.tryPush(1)).toBe(true);
    expect(lanes).toEqual([lane]);
  });

  it('is the lowest one if priorityOf throws, and no item is lost for it', () => {
    const controller = lawfulController<number>(async () => ({ kind: 'delivered' }), {
      priorityOf: () => {
        throw new Error('no priority');
      },
    });
    expect(controller.tryPush(1)).toBe(true);
    expect(controller.getMetrics()).toMatchObject({ bufferSize: 1, eventsDropped: 0 });
  });

  it('cannot make room with strategy block, whatever its priority', async () => {
    const controller = lawfulController<number>(async () => ({ kind: 'delivered' }), {
      strategy: 'block',
      maxBufferSize: 1,
      priorityOf: (item) => item,
    });
    expect([controller.tryPush(0), controller.tryPush(5)]).toEqual([true, false]);
  });

  it('of higher priority replaces a lower one with strategy sample if the buffer is full', async () => {
    expect(await whatIsLeft({ strategy: 'sample', sampleRate: 1 }, [1, 2, 100, 101, 102])).toEqual({
      left: [100, 101, 102, 2],
      taken: [1, 2, 100, 101, 102],
      drops: { evicted: 1 },
    });
  });
});
