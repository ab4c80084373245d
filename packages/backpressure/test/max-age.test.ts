import { beforeEach, describe, expect, it, vi } from 'vitest';
import { advance, resetClock, settle } from './fake-clock.ts';
import { HeldConsumer, numbers, retry, throttled } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
vi.mock('../src/random.ts', () => import('./fake-random.ts'));
beforeEach(resetClock);

async function ageing(config: Parameters<typeof lawfulController<number>>[1] = {}) {
  const consumer = new HeldConsumer<number>();
  const controller = lawfulController(consumer.flush, { batchSize: 10, maxAgeMs: 2_000, ...config });
  controller.start();
  for (const item of numbers(1, 10)) controller.tryPush(item);
  await settle();
  return { consumer, controller, metrics: () => controller.getMetrics() };
}

describe('maxAgeMs', () => {
  it('gives up items that were first sent longer ago as expired, and younger ones are sent', async () => {
    const { consumer, controller, metrics } = await ageing();
    consumer.automatic = retry;
    consumer.last.answer(retry);
    await advance(1_500);
    for (const item of numbers(11, 15)) controller.tryPush(item);
    await advance(2_400);
    expect(metrics()).toMatchObject({ eventsFailed: 10, eventsDropped: 0, bufferSize: 5 });
    expect(metrics().droppedByReason.expired).toBe(10);
    consumer.automatic = { kind: 'delivered' };
    const before = consumer.flushes.length;
    await advance(10_000);
    expect(
      consumer.batches
        .slice(before)
        .flat()
        .toSorted((a, b) => a - b),
    ).toEqual(numbers(11, 15));
    expect(metrics()).toMatchObject({ eventsFlushed: 5 });
  });

  it('does not concern items that were never sent', async () => {
    const { consumer, controller, metrics } = await ageing();
    for (const item of numbers(11, 30)) controller.tryPush(item);
    await advance(10_000);
    consumer.last.answer();
    await settle();
    expect(metrics()).toMatchObject({ eventsFailed: 0, eventsFlushed: 10, bufferSize: 10, inFlight: 10 });
  });

  it('applies while the consumer does not answer, and releases the room', async () => {
    const { consumer, controller, metrics } = await ageing({ strategy: 'block', maxBufferSize: 10 });
    await advance(1);
    consumer.last.answer(throttled(60_000));
    const waiting = controller.push(11);
    await settle();
    await advance(2_001);
    expect(metrics().droppedByReason.expired).toBe(10);
    expect(await waiting).toBe(true);
  });

  it('settles waiting flush calls', async () => {
    const { consumer, controller } = await ageing();
    await advance(1);
    consumer.automatic = retry;
    consumer.last.answer(retry);
    const flushed = controller.flush();
    await advance(5_000);
    expect(await flushed).toBe(true);
  });

  it('sets no limit unless it is given', async () => {
    const { consumer, metrics } = await ageing({ maxAgeMs: Infinity });
    consumer.automatic = retry;
    consumer.last.answer(retry);
    await advance(600_000);
    expect(metrics()).toMatchObject({ bufferSize: 10, eventsFailed: 0 });
  });
});
