import type { BackpressureController, BackpressureMetrics } from '../src/index.ts';
import { HeldConsumer, numbers } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

/** A controller that was not started. Its buffer holds the numbers from 1 to `count`, in batches of ten. */
export function filled(
  count: number,
  config: Parameters<typeof lawfulController<number>>[1] = {},
): {
  consumer: HeldConsumer<number>;
  controller: BackpressureController<number>;
  metrics: () => BackpressureMetrics;
} {
  const consumer = new HeldConsumer<number>();
  const controller = lawfulController(consumer.flush, { batchSize: 10, ...config });
  for (const item of numbers(1, count)) controller.tryPush(item);
  return { consumer, controller, metrics: () => controller.getMetrics() };
}
