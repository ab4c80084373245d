import { beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryBudget } from '../src/index.ts';
import { resetClock, settle } from './fake-clock.ts';
import { HeldConsumer, numbers } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';
import { watch } from './watched-promise.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
beforeEach(resetClock);

type Config = NonNullable<Parameters<typeof lawfulController<number>>[1]>;

/** A full controller with two producers that wait for room, and a flush in flight. */
async function withWaitingProducers(config: (end: () => void) => Config) {
  const state = { isArmed: false, givenUp: 0 };
  const end = (): void => {
    if (!state.isArmed) return;
    state.isArmed = false;
    state.givenUp = controller.giveUp();
  };
  const consumer = new HeldConsumer<number>();
  const controller = lawfulController<number>(consumer.flush, {
    strategy: 'block',
    maxBufferSize: 4,
    batchSize: 2,
    maxBlockTimeMs: 60_000,
    ...config(end),
  });
  controller.start();
  for (const item of numbers(1, 4)) controller.tryPush(item);
  await settle();
  const producers = numbers(5, 6).map((item) => watch(controller.push(item)));
  state.isArmed = true;
  return { controller, consumer, producers, state };
}

describe('a callback that ends the controller while a waiting producer is let in', () => {
  it.each<[string, (end: () => void) => Config]>([
    ['priorityOf', (end) => ({ priorityOf: () => (end(), 0) })],
    ['sizeOf', (end) => ({ sizeOf: () => (end(), 1) })],
    [
      'onStateChange',
      (end) => ({ sizeOf: () => 1, memoryBudget: new MemoryBudget(4), maxBufferSize: 100, onStateChange: end }),
    ],
  ])('has no item counted twice, and leaves none behind: %s', async (_, config) => {
    const { controller, consumer, producers } = await withWaitingProducers(config);
    consumer.last.answer();
    await settle();
    const { eventsOffered, eventsRefused, eventsAccepted, eventsFlushed, eventsEvicted, ...rest } =
      controller.getMetrics();
    expect({ eventsOffered, eventsFlushed }).toEqual({ eventsOffered: 6, eventsFlushed: 2 });
    expect(rest).toMatchObject({ bufferSize: 0, inFlight: 0, bufferBytes: 0 });
    expect(eventsAccepted).toBe(2 + eventsEvicted);
    expect(eventsRefused + eventsEvicted).toBe(4);
    expect(producers.map(({ result }) => result === true).filter(Boolean).length).toBe(eventsAccepted - 4);
  });
});

describe('giveUp', () => {
  it('counts what it has given up itself, whatever callbacks give up meanwhile', () => {
    const consumer = new HeldConsumer<number>();
    const controller = lawfulController<number>(consumer.flush, {
      maxBufferSize: 5,
      batchSize: 5,
      onStateChange: (state) => {
        if (state === 'normal') controller.discardSpilled('expired', 7);
      },
    });
    controller.adopt(7);
    for (const item of numbers(1, 5)) controller.tryPush(item);
    expect(controller.giveUp()).toBe(5);
  });
});
