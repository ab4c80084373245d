import { describe, expect, it } from 'vitest';
import { type PoisonEffect, startPoisonGateway } from './poison-gateway.ts';
import { itemNames, type ProcessorSetup } from './processor-setup.ts';

const EFFECTS: readonly PoisonEffect[] = ['reset', 'gateway time-out', 'no answer', 'garbage'];
const OTHERS = 2_000;

/** One item that the collector, or what stands before it, can never take, over real connections. */
export function describePoison<Item extends object>(setup: ProcessorSetup<Item>): void {
  describe('an item whose request never succeeds', () => {
    // All at the same time, because an item is given up after 10 s at the earliest.
    it('is given up as undeliverable, and all others arrive, be its request reset, answered with 504 or garbage, or never', { timeout: 120_000 }, async () => {
      const pipelines = await Promise.all(EFFECTS.map((effect) => poisoned(setup, effect)));
      await Promise.all(pipelines.map(({ outlast }) => outlast()));
      const received = new Set(setup.receivedNames);
      for (const { effect, processor, gateway } of pipelines) {
        expect(itemNames(OTHERS, effect).filter((name) => !received.has(name)), effect).toEqual([]);
        expect(processor.getMetrics().droppedByReason, effect).toMatchObject({ undeliverable: 1, rejected: 0, evicted: 0, sampled: 0 });
        expect(gateway.poisonedRequests, effect).toBeLessThan(60);
      }
    });
  });
}

/** A pipeline that has been given 2 000 items, with one among them at which its collector fails. */
async function poisoned<Item extends object>(setup: ProcessorSetup<Item>, effect: PoisonEffect) {
  const gateway = await startPoisonGateway(setup.collectorUrl, effect);
  const givenUp = Promise.withResolvers<void>();
  const processor = setup.processorWith({
    exporter: setup.otlpExporter({ url: gateway.url, timeoutMillis: effect === 'no answer' ? 700 : 10_000 }),
    scheduledDelayMillis: 50,
    retry: { initialBackoffMs: 20, maxBackoffMs: 1_000 },
    onDrop: (reason) => {
      if (reason === 'undeliverable') givenUp.resolve();
    },
  });
  const source = setup.subject.sourceWith([processor]);
  const names = itemNames(OTHERS, effect);
  for (const name of names.slice(0, OTHERS / 2)) source.emit(name);
  source.emit('poison');
  for (const name of names.slice(OTHERS / 2)) source.emit(name);
  /** Resolves when that item is given up. What tells of it that it is the reason is that others get through. */
  const outlast = async (): Promise<void> => {
    const trickle = setInterval(() => source.emit('trickle'), 100);
    await givenUp.promise;
    clearInterval(trickle);
    await processor.forceFlush();
    await gateway.close();
  };
  return { effect, processor, gateway, outlast };
}
