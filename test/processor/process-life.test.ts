import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../collector/src/index.ts';

/** Longer than any test here should take, but shorter than the limits that would end a process that hangs. */
const PATIENCE_MILLIS = 6_000;

/** The first lines of a program, by signal: its classes under common names, and `provide`, which makes a provider. */
const SIGNALS = [
  {
    items: 'spans',
    path: '/v1/traces',
    classes: `
      import { SimpleSpanProcessor as UpstreamProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
      import { BackpressureSpanProcessor as Processor, OtlpSpanExporter as OtlpExporter } from '@spillway/trace';
      const provide = (processor) => {
        const provider = new TracerProvider({ spanProcessors: [processor] });
        const tracer = provider.getTracer('life');
        return { emitOne: () => tracer.startSpan('span').end(), shutdown: () => provider.shutdown() };
      };`,
  },
  {
    items: 'log records',
    path: '/v1/logs',
    classes: `
      import { SimpleLogRecordProcessor as UpstreamProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
      import { BackpressureLogRecordProcessor as Processor, OtlpLogRecordExporter as OtlpExporter } from '@spillway/logs';
      let emitted = 0;
      const provide = (processor) => {
        const provider = new LoggerProvider({ processors: [processor] });
        const logger = provider.getLogger('life');
        const emitOne = () => logger.emit({ body: 'order placed', attributes: { 'log.record.uid': String(emitted++) } });
        return { emitOne, shutdown: () => provider.shutdown() };
      };`,
  },
  {
    items: 'data points',
    path: '/v1/metrics',
    classes: `
      import { MeterProvider, PeriodicExportingMetricReader as UpstreamProcessor } from '@opentelemetry/sdk-metrics';
      import { BackpressureMetricReader, OtlpMetricExporter } from '@spillway/metrics';
      class Processor extends BackpressureMetricReader {
        constructor({ exporter }) {
          super({ exporter, exportIntervalMillis: 50 });
        }
      }
      class OtlpExporter extends OtlpMetricExporter {
        constructor({ url }) {
          super({ url, temporalityPreference: 'delta' });
        }
      }
      let series = 0;
      const provide = (reader) => {
        const provider = new MeterProvider({ readers: [reader] });
        const counter = provider.getMeter('life').createCounter('orders');
        return { emitOne: () => counter.add(1, { series: series++ }), shutdown: () => provider.shutdown() };
      };`,
  },
] as const;

let collector: Collector;

beforeEach(async () => {
  collector = await startCollector();
});

afterEach(() => collector.close());

/**
 * Runs a program that has only a provider and a processor that could keep it alive. It imports the built packages.
 * @param options of the processor, as code
 */
function run(
  { path, classes }: (typeof SIGNALS)[number],
  program: string,
  options = '',
): Promise<{ code: number | null; stderr: string }> {
  const source = `
    ${classes}
    const newExporter = () => new OtlpExporter({ url: '${collector.url}${path}' });
    const processor = new Processor({ exporter: newExporter(), maxExportBatchSize: 2, ${options} });
    const { emitOne } = provide(processor);
    const emit = (count) => { for (let index = 0; index < count; index += 1) emitOne(); };
    const turn = () => new Promise((resolve) => setTimeout(resolve, 100));
    ${program}
  `;
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--input-type=module', '--eval', source],
      { cwd: fileURLToPath(new URL('..', import.meta.url)), timeout: PATIENCE_MILLIS },
      (_error, _stdout, stderr) => resolve({ code: child.exitCode, stderr }),
    );
  });
}

describe.each(SIGNALS)('a process with a processor of $items', (signal) => {
  it.each([
    ['that has nothing to do', undefined, ''],
    ['that has items waiting for their batch to fill', undefined, 'emit(1);'],
    ['whose collector never answers', { kind: 'hang' }, 'emit(9); await turn();'],
    ['whose collector throttles', { kind: 'status', code: 429, retryAfter: '60' }, 'emit(9); await turn();'],
    ['whose collector fails', { kind: 'status', code: 503 }, 'emit(9); await turn();'],
    ['whose connections are idle', undefined, 'emit(9); await processor.forceFlush();'],
  ] as const)('%s ends by itself', async (_, fault, program) => {
    collector.setFault(fault);
    expect(await run(signal, program)).toMatchObject({ code: 0, stderr: '' });
  });

  it.each(['shutdown', 'forceFlush'])(
    'that awaits its %s lives until that is done, even if nothing else keeps it alive',
    async (method) => {
      collector.setFault({ kind: 'latency', millis: 300 });
      expect(await run(signal, `emit(9); await processor.${method}();`)).toMatchObject({ code: 0, stderr: '' });
      expect(collector.counts()).toMatchObject({ unique: 9, duplicates: 0 });
    },
  );

  it("that awaits the shutdown of upstream's processor with Spillway's exporter lives until that is done", async () => {
    collector.setFault({ kind: 'latency', millis: 300 });
    const program = `
      const upstream = provide(new UpstreamProcessor({ exporter: newExporter() }));
      upstream.emitOne();
      await upstream.shutdown();
    `;
    expect(await run(signal, program)).toMatchObject({ code: 0, stderr: '' });
    expect(collector.counts()).toMatchObject({ unique: 1, duplicates: 0 });
  });

  it('that awaits its shutdown delivers all items even if the collector fails for a second', async () => {
    collector.setFault({ kind: 'status', code: 503 });
    const ended = run(signal, 'emit(9); await processor.shutdown();');
    await collector.until(() => collector.counts().requests >= 3);
    collector.setFault(undefined);
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
    expect(collector.counts()).toMatchObject({ unique: 9, duplicates: 0 });
  });
});

describe('a process with a processor of log records', () => {
  it('that has repeated records to summarise ends by itself', async () => {
    const program = `
      emit(9);
      if (processor.getMetrics().droppedByReason.deduplicated !== 8) throw new Error('nothing is repeated');
    `;
    const options = 'deduplicationWindowMillis: 60_000, lowWatermark: 0';
    expect(await run(SIGNALS[1], program, options)).toMatchObject({ code: 0, stderr: '' });
  });
});
