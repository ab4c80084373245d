import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { MemoryBudget } from '@spillway/backpressure';
import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
import { expect, it } from 'vitest';
import { collectGarbage } from '../../otlp/test/buffer/collect-garbage.ts';

/** Longer than the interval of 250 ms between two readings of the pressure. */
const LONG_ENOUGH_MILLIS = 300;

it('a processor with a pressure source and a budget is garbage-collected if it is dropped without a shutdown', async () => {
  const memoryBudget = new MemoryBudget(1_000_000);
  let readings = 0;
  const source = { utilization: () => (readings += 1) && 0.1 };
  const dropped = Array.from({ length: 20 }, () => new WeakRef(usedOnce(memoryBudget, source)));
  expect(memoryBudget.guaranteedBytes).toBe(25_000);
  // The readings go on while the processor lives, but they must not keep it alive.
  for (let turn = 0; turn < 20 && memoryBudget.guaranteedBytes < 500_000; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, LONG_ENOUGH_MILLIS / 10));
    collectGarbage();
  }
  expect(dropped.filter((reference) => reference.deref() !== undefined)).toEqual([]);
  expect(memoryBudget.guaranteedBytes).toBe(500_000);
  const before = readings;
  await new Promise((resolve) => setTimeout(resolve, LONG_ENOUGH_MILLIS));
  expect(readings).toBe(before);
});

function usedOnce(memoryBudget: MemoryBudget, source: { utilization(): number }): BackpressureSpanProcessor {
  const processor = new BackpressureSpanProcessor({
    exporter: new OtlpSpanExporter({ url: 'http://127.0.0.1:1' }),
    memoryBudget,
    pressure: [source],
  });
  const tracer = new BasicTracerProvider({ spanProcessors: [processor] }).getTracer('test');
  // The span is never ended, because a queued span would be sent first.
  tracer.startSpan('order');
  return processor;
}
