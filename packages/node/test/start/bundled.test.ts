import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../../../../test/collector/src/index.ts';
import { bundle } from '../bundle.ts';
import { useTemporaryFolder } from '../temporary-folder.ts';
import { useStartedPrograms } from './started-program.ts';

const APPLICATION = `
  import * as api from '@opentelemetry/api';
  import * as core from '@opentelemetry/core';
  import * as resources from '@opentelemetry/resources';
  import * as sdkLogs from '@opentelemetry/sdk-logs';
  import * as sdkMetrics from '@opentelemetry/sdk-metrics';
  import * as sdkTrace from '@opentelemetry/sdk-trace';
  import { start } from '@spillway/node';

  const brokenMetrics = { ...sdkMetrics, MeterProvider: class { constructor() { throw new Error('half installed'); } } };
  const sdk = {
    '@opentelemetry/api': api,
    '@opentelemetry/core': core,
    '@opentelemetry/resources': resources,
    '@opentelemetry/sdk-trace': sdkTrace,
    '@opentelemetry/sdk-logs': sdkLogs,
    '@opentelemetry/sdk-metrics': process.env.TEST_BROKEN_METRICS === 'yes' ? brokenMetrics : sdkMetrics,
  };
  if (process.env.SPILLWAY_ZPAGES_PORT) {
    const hold = setTimeout(() => {}, 10_000);
    const { write } = process.stderr;
    process.stderr.write = (text, ...more) => {
      if (text.includes('live page')) clearTimeout(hold);
      return write.call(process.stderr, text, ...more);
    };
  }
  const spillway = start(process.env.TEST_GIVEN === 'yes' ? { sdk } : {});
  api.trace.getTracer('test').startSpan('order').end();
  api.logs.getLogger('test').emit({ body: 'order placed' });
  api.metrics.getMeter('test').createCounter('orders').add(1);
  console.log(JSON.stringify(spillway.status().sdk ?? null));
`;

const folder = useTemporaryFolder();
const programs = useStartedPrograms();
let collector: Collector;

beforeAll(() =>
  Promise.all([bundle(APPLICATION, folder.path('app.mjs')), bundle(APPLICATION, folder.path('app.cjs'), 'cjs')]),
);
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector.close());

/** Asynchronous, because the collector is in this process. */
const run = (file: string, isGiven: boolean, env: Record<string, string> = {}) =>
  programs.runFile(folder.path(file), {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    TEST_GIVEN: isGiven ? 'yes' : 'no',
    ...env,
  });

describe('an application in one bundle, without packages', () => {
  it.each(['app.mjs', 'app.cjs'])('ships every signal if it passes the modules of its SDK (%s)', async (file) => {
    const { code, stdout, stderr } = await run(file, true);
    expect(collector.spans().map(({ span }) => span.name)).toEqual(['order']);
    expect(collector.logRecords().map(({ logRecord }) => logRecord.body?.stringValue)).toEqual(['order placed']);
    expect(collector.totalOf('orders')).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ line: '3.x', versions: { '@opentelemetry/sdk-trace': 'as given' } });
    expect(stderr).toMatch(
      /^otel info: Spillway ships traces to .*; OpenTelemetry 3\.x \(sdk-trace as given, sdk-logs as given, sdk-metrics as given, api as given\); 0 instrumentations\n$/,
    );
    expect(code).toBe(0);
  });

  it.each(['app.mjs', 'app.cjs'])('serves the live page if its port is set (%s)', async (file) => {
    const { code, stderr } = await run(file, true, { SPILLWAY_ZPAGES_PORT: '0' });
    expect(stderr).toMatch(/^otel info: Spillway serves its live page at http:\/\/127\.0\.0\.1:\d+\/$/m);
    expect(code).toBe(0);
  });

  it('ships traces and logs, and says why metrics are left out, if the package of metrics is broken', async () => {
    const { code, stderr } = await run('app.mjs', true, { TEST_BROKEN_METRICS: 'yes' });
    expect(collector.spans().map(({ span }) => span.name)).toEqual(['order']);
    expect(collector.logRecords()).toHaveLength(1);
    expect(stderr).toMatch(
      /^otel warn: Spillway: metrics could not be set up, and are left out: Error: half installed\n.*ships traces to .*, logs to /,
    );
    expect(code).toBe(0);
  });

  it('gets a message that nothing can be looked up, not that no SDK is installed', async () => {
    const { code, stdout, stderr } = await run('app.mjs', false);
    expect(stderr).toMatch(
      /^otel error: Spillway is not started: no OpenTelemetry SDK can be found from .*app\.mjs, and @spillway\/node cannot be found there either: the application is bundled, [^]*\nstart\(\{ sdk: \{ /,
    );
    expect(stderr).not.toContain('npm install');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'null\n' });
  });
});
