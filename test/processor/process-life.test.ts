import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../collector/src/index.ts';

/** Longer than anything here should take, shorter than any of the limits that would end a process that hangs. */
const PATIENCE_MILLIS = 6_000;

let collector: Collector;

beforeEach(async () => {
  collector = await startCollector();
});

afterEach(() => collector.close());

/** Runs a program that has a tracer, a processor, and nothing else that would keep it alive. It imports what is built. */
function run(program: string): Promise<{ code: number | null; stderr: string; millis: number }> {
  const source = `
    import { TracerProvider } from '@opentelemetry/sdk-trace';
    import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
    const processor = new BackpressureSpanProcessor({
      exporter: new OtlpSpanExporter({ url: '${collector.url}/v1/traces' }), maxExportBatchSize: 2,
    });
    const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer('life');
    const endSpans = (count) => { for (let index = 0; index < count; index += 1) tracer.startSpan('span').end(); };
    const turn = () => new Promise((resolve) => setTimeout(resolve, 100));
    ${program}
  `;
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--input-type=module', '--eval', source],
      { cwd: fileURLToPath(new URL('..', import.meta.url)), timeout: PATIENCE_MILLIS },
      (_error, _stdout, stderr) => resolve({ code: child.exitCode, stderr, millis: performance.now() - startedAt }),
    );
  });
}

describe('a process with a processor', () => {
  it.each([
    ['that has nothing to do', undefined, ''],
    ['that has spans waiting for their batch to fill', undefined, 'endSpans(1);'],
    ['whose collector never answers', { kind: 'hang' }, 'endSpans(9); await turn();'],
    ['whose collector throttles', { kind: 'status', code: 429, retryAfter: '60' }, 'endSpans(9); await turn();'],
    ['whose collector fails', { kind: 'status', code: 503 }, 'endSpans(9); await turn();'],
    ['whose connections are idle', undefined, 'endSpans(9); await processor.forceFlush();'],
  ] as const)('%s ends by itself', async (_, fault, program) => {
    collector.setFault(fault);
    expect(await run(program)).toMatchObject({ code: 0, stderr: '' });
  });

  it.each(['shutdown', 'forceFlush'])('that awaits its %s lives until that is done, though nothing else holds it', async (method) => {
    collector.setFault({ kind: 'latency', millis: 300 });
    expect(await run(`endSpans(9); await processor.${method}();`)).toMatchObject({ code: 0, stderr: '' });
    expect(collector.counts()).toMatchObject({ unique: 9, duplicates: 0 });
  });

  it("that awaits the shutdown of upstream's processor with our exporter lives until that is done", async () => {
    collector.setFault({ kind: 'latency', millis: 300 });
    const program = `
      const { SimpleSpanProcessor } = await import('@opentelemetry/sdk-trace');
      const exporter = new OtlpSpanExporter({ url: '${collector.url}/v1/traces' });
      const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
      provider.getTracer('life').startSpan('span').end();
      await provider.shutdown();
    `;
    expect(await run(program)).toMatchObject({ code: 0, stderr: '' });
    expect(collector.counts()).toMatchObject({ unique: 1, duplicates: 0 });
  });

  it('that awaits its shutdown beside a collector that fails for a second delivers everything', async () => {
    collector.setFault({ kind: 'status', code: 503 });
    const ended = run('endSpans(9); await processor.shutdown();');
    await collector.until(() => collector.counts().requests >= 3);
    collector.setFault(undefined);
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
    expect(collector.counts()).toMatchObject({ unique: 9, duplicates: 0 });
  });
});
