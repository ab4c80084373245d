import { describe, expect, it } from 'vitest';
import { startCollector } from '../../../../test/collector/src/index.ts';
import { useStartedPrograms } from './started-program.ts';

const programs = useStartedPrograms();

/** Runs to its end, and gives the names of the metrics that arrived, and the warnings. */
async function run(options: string, env: Readonly<Record<string, string>> = {}) {
  await using collector = await startCollector();
  const { stderr } = await programs.run(
    `const handle = start({ application, ${options} });
     trace.getTracer('shop').startSpan('order').end();
     await handle.forceFlush();`,
    { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env },
  );
  const warnings = stderr.split('\n').filter((line) => /^otel (warn|error): /.test(line));
  return { names: [...new Set(collector.dataPoints().map(({ metric }) => metric.name))], collector, warnings };
}

describe('the self-metrics of a start', () => {
  it.each([
    ['by the variable', '', { SPILLWAY_SELF_METRICS: 'true' }],
    ['by the option', 'selfMetrics: true', {}],
  ])('go to its own meter provider, with those of the application, %s', async (_, options, env) => {
    const { names, collector, warnings } = await run(options, env);
    expect(warnings).toEqual([]);
    for (const name of [
      'otel.sdk.exporter.span.exported',
      'otel.sdk.processor.log.queue.size',
      'spillway.item.offered',
    ])
      expect(names).toContain(name);
    expect(collector.lastValueOf('spillway.pipeline.state')).toBeDefined();
    const types = collector
      .dataPoints()
      .flatMap(({ point }) => JSON.stringify(point).match(/Backpressure\w+\/\d/g) ?? []);
    expect([...new Set(types)].toSorted()).toEqual([
      'BackpressureLogRecordProcessor/0',
      'BackpressureMetricReader/0',
      'BackpressureSpanProcessor/0',
    ]);
  });

  it('are off by default, and the option in code wins over the variable', async () => {
    expect((await run('')).names).toEqual([]);
    expect((await run('selfMetrics: false', { SPILLWAY_SELF_METRICS: 'true' })).names).toEqual([]);
  });

  it('cause a warning if there are no metrics', async () => {
    const { warnings } = await run('selfMetrics: true, metrics: false');
    expect(warnings).toEqual([expect.stringContaining('there are no metrics, so self-metrics are recorded only if')]);
  });
});
