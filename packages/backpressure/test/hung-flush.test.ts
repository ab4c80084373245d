import { beforeEach, describe, expect, it, vi } from 'vitest';
import { advance, resetClock, settle } from './fake-clock.ts';
import { HeldConsumer, numbers } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
vi.mock('../src/random.ts', () => import('./fake-random.ts'));
beforeEach(resetClock);

/** As many flushes in flight as a new controller allows, none of them answered, and more items queued. */
async function allHung(maxConcurrentFlushes: number) {
  const consumer = new HeldConsumer<number>();
  const controller = lawfulController(consumer.flush, { batchSize: 1, maxConcurrentFlushes, flushTimeoutMs: 60_000 });
  controller.start();
  for (const item of numbers(1, 40)) controller.tryPush(item);
  await settle();
  return { consumer, controller, inFlight: () => controller.getMetrics().flushesInFlight };
}

describe('flushes that are not answered', () => {
  it('allow one extra flush every 1.5 s, and after six extra ones, more after longer and longer pauses', async () => {
    const { inFlight } = await allHung(32);
    for (let more = 0; more < 6; more += 1) {
      expect(inFlight()).toBe(4 + more);
      await advance(1_499);
      expect(inFlight()).toBe(4 + more);
      await advance(1);
    }
    expect(inFlight()).toBe(10);
    await advance(2_999);
    expect(inFlight()).toBe(10);
    await advance(1);
    expect(inFlight()).toBe(11);
    await advance(5_999);
    expect(inFlight()).toBe(11);
  });

  it('no longer take a place once a much later one is answered', async () => {
    const { consumer, inFlight } = await allHung(32);
    await advance(1_500);
    consumer.last.answer();
    await settle();
    expect(inFlight()).toBe(8);
  });

  it('keep their place while only flushes that started with them are answered', async () => {
    const { consumer, inFlight } = await allHung(32);
    await advance(1_000);
    consumer.last.answer();
    await settle();
    expect(inFlight()).toBe(4);
  });

  it('leave a place for a later one even after hours, if none of them ever times out', async () => {
    const { inFlight } = await allHung(32);
    await advance(59_000);
    expect(inFlight()).toBeLessThan(15);
  });

  it('never become more than configured', async () => {
    const { inFlight } = await allHung(5);
    await advance(50_000);
    expect(inFlight()).toBe(5);
  });

  it('stay alone if only one flush at a time is configured', async () => {
    const { inFlight } = await allHung(1);
    await advance(50_000);
    expect(inFlight()).toBe(1);
  });
});
