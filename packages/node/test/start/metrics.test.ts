import { describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../../../../test/collector/src/index.ts';
import { useStartedPrograms } from './started-program.ts';

const programs = useStartedPrograms();

const MEASURE = `
  const meter = metrics.getMeter('shop');
  meter.createCounter('orders').add(2, { book: 'Walden' });
  meter.createHistogram('pages').record(300);
`;

/** Runs to its end, and gives what arrived. */
async function run(program: string, env: Readonly<Record<string, string>> = {}) {
  await using collector: Collector = await startCollector();
  const ended = await programs.run(program, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env });
  return {
    ...ended,
    totals: { orders: collector.totalOf('orders'), pages: collector.totalOf('pages') },
    names: collector.dataPoints().map(({ metric }) => metric.name),
    points: collector.dataPoints(),
    complaints: ended.stderr.split('\n').filter((line) => /^otel (warn|error): /.test(line)),
  };
}

describe('the metrics of a start', () => {
  it('arrive when the process ends by itself, with its resource', async () => {
    const { points, complaints, names } = await run(`start({ application, serviceName: 'bookshop' }); ${MEASURE}`);
    expect(complaints).toEqual([]);
    expect(names).toEqual(['orders', 'pages']);
    expect(points.map(({ scope }) => scope?.name)).toEqual(['shop', 'shop']);
    expect(points[0]?.resource?.attributes).toContainEqual(
      expect.objectContaining({
        key: 'service.name',
        value: expect.objectContaining({ stringValue: 'bookshop' }) as unknown,
      }),
    );
  });

  it.each([
    ['process.exit()', 'process.exit(0);', {}],
    ['process.exit(), as deltas', 'process.exit(0);', { OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta' }],
    [
      'process.exit(), as JSON compressed with zstd',
      'process.exit(0);',
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_EXPORTER_OTLP_COMPRESSION: 'zstd' },
    ],
    ['itself, as JSON', '', { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }],
    ['an exception', "throw new Error('as planned');", {}],
    ['a signal', "process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 10_000);", {}],
  ])('arrive when the process ends by %s', async (_, end, env) => {
    const { totals } = await run(`start({ application }); ${MEASURE} ${end}`, env);
    expect(totals).toEqual({ orders: 2, pages: 1 });
  });

  it('are in the status and in the line of the start', async () => {
    const { stdout, stderr } = await run(
      `const handle = start({ application }); ${MEASURE}
       await handle.forceFlush();
       console.log(JSON.stringify(handle.status().signals.metrics));`,
    );
    expect(JSON.parse(stdout)).toMatchObject({
      exporters: [
        {
          name: 'otlp',
          endpoint: expect.stringMatching(/^http:.*\/v1\/metrics$/) as unknown,
          metrics: { eventsAccepted: 2, eventsFlushed: 2 },
        },
      ],
    });
    expect(stderr).toMatch(/Spillway ships traces to .*, metrics to http:\S+\/v1\/metrics; OpenTelemetry 3\.x/);
  });

  it('go through the views of the option', async () => {
    const { names } = await run(
      `start({ application, metrics: { views: [{ instrumentName: 'orders', name: 'sold' }] } }); ${MEASURE}`,
    );
    expect(names).toEqual(['sold', 'pages']);
  });

  it('are a line of OTLP/JSON on stdout if the variable says so', async () => {
    const { stdout, names } = await run(`start({ application }); ${MEASURE}`, {
      OTEL_METRICS_EXPORTER: 'otlp/stdout',
    });
    expect(JSON.parse(stdout)).toMatchObject({
      resourceMetrics: [
        { scopeMetrics: [{ scope: { name: 'shop' }, metrics: [{ name: 'orders' }, { name: 'pages' }] }] },
      ],
    });
    expect(names).toEqual([]);
  });

  it('are printed if the variable says so', async () => {
    const { stdout, names } = await run(`start({ application }); ${MEASURE}`, { OTEL_METRICS_EXPORTER: 'console' });
    expect(stdout).toContain("name: 'orders'");
    expect(names).toEqual([]);
  });

  it.each([
    ['by the variable', '', { OTEL_METRICS_EXPORTER: 'none' }],
    ['in code', 'metrics: false', {}],
  ])('are switched off %s, and the other signals run on', async (_, options, env) => {
    const { stdout, complaints, names } = await run(
      `const handle = start({ application, ${options} }); ${MEASURE} console.log(Object.keys(handle.status().signals).join());`,
      env,
    );
    expect(stdout).toBe('traces,logs\n');
    expect({ complaints, names }).toEqual({ complaints: [], names: [] });
  });

  it('are sent as before if Prometheus cannot read them, with one line that says what to install', async () => {
    const { complaints, names } = await run(`start({ application }); ${MEASURE}`, {
      OTEL_METRICS_EXPORTER: 'prometheus,otlp',
    });
    expect(complaints).toEqual([
      expect.stringMatching(/Spillway: Prometheus cannot read the metrics: .* is not installed\. .*npm install @/),
    ]);
    expect(names).toEqual(['orders', 'pages']);
  });

  it('are left to a provider that the application has registered before', async () => {
    const { stdout, complaints, names } = await run(
      `const own = { getMeter: () => ({ createCounter: () => ({ add: () => console.log('own') }), createHistogram: () => ({ record() {} }) }) };
       metrics.setGlobalMeterProvider(own);
       const handle = start({ application }); ${MEASURE}
       console.log(Object.keys(handle.status().signals).join());`,
    );
    expect(stdout).toBe('own\ntraces,logs\n');
    expect(complaints).toContainEqual(expect.stringContaining('a meter provider that is already registered'));
    expect(names).toEqual([]);
  });

  it('are given to instrumentations', async () => {
    const { names } = await run(
      `const instrumentation = {
         setTracerProvider() {}, setLoggerProvider() {}, getConfig: () => ({ enabled: true }), enable() {}, disable() {},
         setMeterProvider: (provider) => provider.getMeter('library').createCounter('requests').add(1),
       };
       start({ application, instrumentations: [instrumentation] });`,
    );
    expect(names).toEqual(['requests']);
  });

  it('are refused a wrong option, which the error names', async () => {
    const { stdout } = await run(
      `for (const metrics of [{ exportIntervalMillis: 0 }, { exporters: ['zipkin'] }]) {
         try { start({ application, metrics }); } catch (error) { console.log(error.message); }
       }`,
    );
    expect(stdout).toMatch(/^exportIntervalMillis .*\nmetrics\.exporters must be one of .*prometheus.*\n$/);
  });
});
