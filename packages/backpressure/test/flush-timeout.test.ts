import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type FlushReport, FlushTimeoutError } from '../src/index.ts';
import { advance, resetClock, settle } from './fake-clock.ts';
import { delivered, HeldConsumer, numbers } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
vi.mock('../src/random.ts', () => import('./fake-random.ts'));
beforeEach(resetClock);

async function hanging(config: Parameters<typeof lawfulController<number>>[1] = {}) {
  const consumer = new HeldConsumer<number>();
  const reports: FlushReport[] = [];
  const controller = lawfulController(consumer.flush, {
    batchSize: 10,
    flushTimeoutMs: 5_000,
    onFlush: (report) => void reports.push(report),
    ...config,
  });
  controller.start();
  for (const item of numbers(1, 10)) controller.tryPush(item);
  await settle();
  const [first] = consumer.flushes;
  if (first === undefined) throw new Error('no flush');
  return { consumer, controller, reports, first, metrics: () => controller.getMetrics() };
}

describe('a flush that takes too long', () => {
  it('is aborted through its signal after flushTimeoutMs, with the reason', async () => {
    const { first } = await hanging();
    await advance(4_999);
    expect(first.signal.aborted).toBe(false);
    await advance(1);
    expect(first.signal.aborted).toBe(true);
    expect(first.signal.reason).toBeInstanceOf(FlushTimeoutError);
    expect(first.signal.reason).toMatchObject({
      name: 'FlushTimeoutError',
      message: expect.stringContaining('5000 ms'),
    });
  });

  it('has its batch delivered later, a few items first, if it heeds the signal', async () => {
    const { consumer, first, metrics } = await hanging();
    first.signal.addEventListener('abort', () => first.fail(first.signal.reason));
    await advance(5_000);
    expect(metrics()).toMatchObject({ bufferSize: 10, inFlight: 0, eventsRetried: 10 });
    await advance(75);
    expect(consumer.last.items).toEqual(numbers(1, 4));
    expect(consumer.last.signal.aborted).toBe(false);
    consumer.automatic = delivered;
    consumer.last.answer();
    await settle();
    expect(consumer.batches.slice(1).flat()).toEqual(numbers(1, 10));
    expect(metrics()).toMatchObject({ eventsFlushed: 10 });
  });

  it('counts the items that it delivered after all, if it says so in time', async () => {
    const { consumer, first, metrics } = await hanging();
    await advance(5_500);
    first.answer();
    await advance(10_000);
    expect(consumer.flushes).toHaveLength(1);
    expect(metrics()).toMatchObject({ eventsFlushed: 10, eventsRetried: 0 });
  });

  it('is abandoned if it ignores the signal, so a flush that never settles stops nothing', async () => {
    const { consumer, reports, metrics } = await hanging();
    await advance(5_999);
    expect(metrics()).toMatchObject({ inFlight: 10, flushesInFlight: 1 });
    await advance(1);
    expect(metrics()).toMatchObject({ inFlight: 0, bufferSize: 10, flushesInFlight: 0 });
    expect(reports).toMatchObject([
      { outcome: { kind: 'retry', error: { name: 'FlushTimeoutError' } }, items: 10, latencyMs: 6_000 },
    ]);
    await advance(75);
    consumer.automatic = delivered;
    consumer.last.answer();
    await settle();
    expect(metrics().eventsFlushed).toBe(10);
  });

  it.each([
    ['delivered', { kind: 'delivered' as const }],
    ['refused', { kind: 'refused' as const, error: new Error('bad request') }],
    ['throttled', { kind: 'throttled' as const, error: new Error('slow down'), retryAfterMs: 60_000 }],
    ['retry', { kind: 'retry' as const, error: new Error('reset') }],
  ])('changes nothing any more once it was abandoned: %s', async (_, late) => {
    const { consumer, first, reports, metrics } = await hanging();
    await advance(6_010);
    first.answer(late);
    await settle();
    expect(reports).toHaveLength(1);
    expect(metrics()).toMatchObject({
      bufferSize: 10,
      inFlight: 0,
      eventsFlushed: 0,
      eventsFailed: 0,
      eventsRetried: 10,
    });
    await advance(65);
    expect(consumer.flushes).toHaveLength(2);
    first.answer(late);
    consumer.automatic = delivered;
    consumer.last.answer();
    await settle();
    expect(metrics()).toMatchObject({ eventsFlushed: 10, eventsRetried: 10 });
  });

  it('changes nothing either while its batch is out again', async () => {
    const { consumer, first, metrics } = await hanging();
    await advance(6_075);
    expect(consumer.flushes).toHaveLength(2);
    first.answer();
    await settle();
    expect(metrics()).toMatchObject({ inFlight: 4, eventsFlushed: 0 });
    consumer.automatic = delivered;
    consumer.last.answer();
    await settle();
    expect(metrics()).toMatchObject({ inFlight: 0, eventsFlushed: 10 });
  });

  it('keeps its room until then, so memory stays within the bounds', async () => {
    const { controller, metrics } = await hanging({ maxBufferSize: 15 });
    for (const item of numbers(11, 100)) controller.tryPush(item);
    expect(metrics()).toMatchObject({ inFlight: 10, bufferSize: 5, eventsEvicted: 85 });
    await advance(6_000);
    expect(metrics()).toMatchObject({ inFlight: 0, bufferSize: 15 });
  });

  it('opens the circuit if that happens again and again', async () => {
    const { metrics } = await hanging({ circuitBreaker: { failureThreshold: 2 } });
    await advance(6_000 + 75 + 6_000);
    expect(metrics().circuit).toBe('open');
  });

  it('never ends by itself if flushTimeoutMs is Infinity', async () => {
    const { consumer, first } = await hanging({ flushTimeoutMs: Infinity });
    await advance(1_000_000);
    expect([consumer.flushes.length, first.signal.aborted]).toEqual([1, false]);
  });
});
