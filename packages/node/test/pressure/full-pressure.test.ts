import { SpanStatusCode } from '@opentelemetry/api';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { BackpressureLogRecordProcessor } from '@spillway/logs';
import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
import type { ProcessorMetrics } from '@spillway/pipeline';
import { describe, expect, it } from 'vitest';
import { containerMemoryPressure } from '../../src/pressure/container-memory-pressure.ts';
import { heapPressure } from '../../src/pressure/heap-pressure.ts';
import { passStep, passUntil, STEP_MILLIS, useSimulatedTime } from '../../../../test/sampling/simulated-time.ts';

/** Not a memory source, so it counts even if the queue is empty. */
const full = { pressure: [{ utilization: () => 1 }] };

/** Memory of 1 GiB that the application has filled for good. */
const fullMemory = {
  pressure: [
    heapPressure({}, () => 0.99),
    containerMemoryPressure({}, { constrained: () => 2 ** 30, inUse: () => 2 ** 30 }),
  ],
};

/** Accepts everything immediately. */
class Exporter {
  delivered = 0;

  export(items: readonly unknown[], done: (result: { code: number }) => void): void {
    this.delivered += items.length;
    done({ code: 0 });
  }

  async shutdown(): Promise<void> {}
}

interface Run {
  readonly made: number;
  /** After everything has been delivered, still under the same pressure. */
  readonly metrics: ProcessorMetrics;
}

/** Runs 10 s, with ten times `emit` in each step. */
async function run(
  processor: BackpressureSpanProcessor | BackpressureLogRecordProcessor,
  emit: () => void,
): Promise<Run> {
  let made = 0;
  for (let millis = 0; millis < 10_000; millis += STEP_MILLIS) {
    for (let count = 0; count < 10; count += 1, made += 1) emit();
    await passStep();
  }
  await passUntil(processor.forceFlush());
  const metrics = processor.getMetrics();
  await passUntil(processor.shutdown());
  return { made, metrics };
}

describe('full pressure on an empty queue', () => {
  useSimulatedTime();

  it.each(['drop_oldest', 'drop_newest', 'block'] as const)(
    'costs no item with the strategy %s, because there is room',
    async (strategy) => {
      const exporter = new Exporter();
      const processor = new BackpressureLogRecordProcessor({ exporter, strategy, ...full });
      const logger = new LoggerProvider({ processors: [processor] }).getLogger('test');
      const { made, metrics } = await run(processor, () => logger.emit({ body: 'order placed' }));
      expect(metrics).toMatchObject({ state: 'blocked', bufferUtilization: 1, eventsDropped: 0, eventsFlushed: made });
      expect(exporter.delivered).toBe(made);
    },
  );

  it('thins out spans with the strategy sample, down to almost none except errors', async () => {
    const exporter = new Exporter();
    const processor = new BackpressureSpanProcessor({ exporter, ...full });
    const tracer = new BasicTracerProvider({ spanProcessors: [processor] }).getTracer('test');
    let errors = 0;
    const startedAt = performance.now();
    /** When each probability was first in force. */
    const millisOf = new Map<number | undefined, number>();
    const { made, metrics } = await run(processor, () => {
      const { samplingProbability } = processor.getMetrics();
      if (!millisOf.has(samplingProbability)) millisOf.set(samplingProbability, performance.now() - startedAt);
      tracer.startSpan('order').end();
      const span = tracer.startSpan('failed order');
      errors += 1;
      span.setStatus({ code: SpanStatusCode.ERROR }).end();
    });
    const { samplingProbability, droppedByReason, eventsFlushed } = metrics;
    expect(samplingProbability).toBe(1 / 65_536);
    expect([...millisOf]).toEqual([
      [1, 0],
      [1 / 16, 500],
      [1 / 256, 1_000],
      [1 / 4_096, 1_500],
      [1 / 65_536, 2_000],
    ]);
    // The exceptions are spans from before the end of the first windows.
    expect(droppedByReason.sampled_out).toBeGreaterThan(0.9 * made);
    expect(eventsFlushed - errors).toBeLessThan(0.1 * made);
    expect(eventsFlushed).toBeGreaterThanOrEqual(errors);
  });
});

describe('memory that the application itself fills', () => {
  useSimulatedTime();

  it('costs no span while the queue is almost empty', async () => {
    const exporter = new Exporter();
    const processor = new BackpressureSpanProcessor({ exporter, ...fullMemory });
    const tracer = new BasicTracerProvider({ spanProcessors: [processor] }).getTracer('test');
    const { made, metrics } = await run(processor, () => tracer.startSpan('order').end());
    expect(metrics).toMatchObject({ state: 'normal', eventsDropped: 0, eventsFlushed: made, samplingProbability: 1 });
    expect(exporter.delivered).toBe(made);
  });

  it('raises the state once a backlog holds a relevant part of the container, but not for the heap, which does not hold the backlog', async () => {
    const stateWith = async (source: 'heap' | 'container', bytes: number): Promise<string> => {
      const processor = new BackpressureSpanProcessor({
        exporter: new OtlpSpanExporter({ url: 'http://127.0.0.1:1' }),
        strategy: 'drop_oldest',
        scheduledDelayMillis: 60_000,
        maxExportBatchSize: 10_000,
        maxQueueBytes: 2 ** 30,
        drainTimeoutMillis: 1,
        pressure: [
          source === 'heap'
            ? fullMemory.pressure[0]
            : containerMemoryPressure({}, { constrained: () => 100_000_000, inUse: () => 99_000_000 }),
        ] as never,
      });
      const tracer = new BasicTracerProvider({ spanProcessors: [processor] }).getTracer('test');
      const text = 'x'.repeat(100_000);
      for (let left = bytes; left > 0; left -= text.length) tracer.startSpan('order', { attributes: { text } }).end();
      for (let passed = 0; passed < 500; passed += STEP_MILLIS) await passStep();
      const { state } = processor.getMetrics();
      await passUntil(processor.shutdown());
      return state;
    };
    expect(await stateWith('container', 400_000)).toBe('normal');
    expect(await stateWith('container', 1_800_000)).toBe('elevated');
    expect(await stateWith('container', 3_500_000)).toBe('blocked');
    expect(await stateWith('heap', 3_500_000)).toBe('normal');
  });
});
