import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile, cp } from 'node:fs/promises';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../collector/src/index.ts';
import { hex, readLog } from '../example/src/index.ts';
import { installed, type Line } from './install.ts';
import { NODE } from './node.ts';

/** npm asks its registry the first time. */
const INSTALL_MILLIS = 120_000;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let collector: Collector;
const folders = {} as Record<Line, string>;
let scratch: string;

beforeAll(async () => {
  folders.otel2 = await installed('otel2');
  folders.otel3 = await installed('otel3');
  scratch = await mkdtemp(join(tmpdir(), 'spillway-compat-apps-'));
}, INSTALL_MILLIS);

afterAll(() => rm(scratch, { recursive: true }));

beforeEach(async () => {
  collector = await startCollector();
});

afterEach(() => collector.close());

function run(folder: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const options = {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env },
    timeout: 15_000,
  };
  return new Promise((resolve) => {
    const child = execFile(NODE, args, options, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

/** `--require` for CommonJS, as usual. */
const register = (app: string): string[] => [
  app.endsWith('.cjs') ? '--require' : '--import',
  '@spillway/node/register',
  app,
];

const names = (): string[] =>
  collector
    .spans()
    .map(({ span }) => span.name ?? '')
    .toSorted((a, b) => a.localeCompare(b));

const resourceAttributes = (): Record<string, unknown> =>
  Object.fromEntries(
    (collector.spans()[0]?.resource?.attributes ?? []).map(({ key, value }) => [key, value?.stringValue ?? value]),
  );

/** The lines of warnings and errors. Lines that follow one, such as a stack, are left out. */
const complaints = ({ stderr }: Ended): string[] =>
  stderr.split('\n').filter((line) => /^otel (warn|error): /.test(line));

/** What an application on line 3.x has installed. */
const LINE_3 = { api: 'otel3', 'sdk-trace': 'otel3', 'sdk-logs': 'otel3', 'sdk-metrics': 'otel3' } as const;

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** A folder with links to packages of the lines. */
async function folderWith(
  name: string,
  packages: Readonly<Record<string, Line>>,
  packageFile: object = {},
): Promise<string> {
  const folder = join(scratch, name);
  await mkdir(join(folder, 'node_modules/@opentelemetry'), { recursive: true });
  await symlink(join(folders.otel3, 'node_modules/@spillway'), join(folder, 'node_modules/@spillway'));
  for (const [at, line] of Object.entries(packages)) {
    await symlink(
      join(folders[line], 'node_modules/@opentelemetry', at),
      join(folder, 'node_modules/@opentelemetry', at),
    );
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify(packageFile));
  await cp(join(folders.otel3, 'app.mjs'), join(folder, 'app.mjs'));
  return folder;
}

describe.each(['otel2', 'otel3'] as const)('an application registered without code on %s', (line) => {
  it.each(['app.mjs', 'app.cjs'])('ships its spans, log records and metrics, and ends by itself: %s', async (app) => {
    const ended = await run(folders[line], register(app), {
      OTEL_SERVICE_NAME: 'bookshop',
      OTEL_RESOURCE_ATTRIBUTES: 'shop.town=Concord%2C%20MA',
    });
    expect(ended).toMatchObject({ code: 0, stdout: 'done\n' });
    expect(complaints(ended)).toEqual([]);

    expect(names()).toEqual(['order', 'reserve']);
    const spans = new Map(collector.spans().map(({ span }) => [span.name, span]));
    expect(hex(spans.get('reserve')!.parentSpanId)).toBe(hex(spans.get('order')!.spanId));
    const [log] = collector.logRecords().map(readLog);
    expect(log).toMatchObject({
      body: 'order received',
      severity: '9 INFO',
      scope: 'shop',
      service: 'bookshop',
      spanId: hex(spans.get('order')!.spanId),
    });
    const points = collector.dataPoints();
    expect(points.map(({ metric }) => metric.name)).toEqual(['orders', 'pages']);
    expect(points.map(({ scope }) => [scope?.name, scope?.version])).toEqual([
      ['shop', '1.2.3'],
      ['shop', '1.2.3'],
    ]);
    expect(collector.totalOf('orders', { book: 'Walden' })).toBe(1);
    expect(collector.totalOf('pages')).toBe(1);
    expect(points[1]?.point).toMatchObject({ sum: 352 });
    expect(collector.counts()).toMatchObject({ items: 5, duplicates: 0 });
    expect(resourceAttributes()).toMatchObject({
      'service.name': 'bookshop',
      'shop.town': 'Concord, MA',
      'telemetry.sdk.language': 'nodejs',
      'process.runtime.name': 'nodejs',
      'host.name': expect.any(String),
      'os.type': expect.any(String),
      'service.instance.id': expect.any(String),
    });
  });

  it('gets a default service name from the executable, not from the path by which it was started', async () => {
    await run(folders[line], register('app.mjs'));
    expect(resourceAttributes()).toMatchObject({ 'service.name': 'unknown_service:node' });
  });

  it('logs one line on what runs', async () => {
    const { stderr } = await run(folders[line], register('app.mjs'));
    const lines = stderr
      .trim()
      .split('\n')
      .filter((text) => text.includes('Spillway ships'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`traces to ${collector.url}/v1/traces (parentbased_always_on)`);
    expect(lines[0]).toContain(`logs to ${collector.url}/v1/logs`);
    expect(lines[0]).toContain(`metrics to ${collector.url}/v1/metrics`);
    expect(lines[0]).toContain(
      line === 'otel2'
        ? 'OpenTelemetry 2.x (sdk-trace-base 2.12.1, sdk-logs 0.223.1, sdk-metrics 2.12.1, api 1.9.1)'
        : 'OpenTelemetry 3.x (sdk-trace 3.1.1, sdk-logs 3.1.1, sdk-metrics 3.1.1, api 1.10.0)',
    );
  });

  it.each([
    ['always_off', '', 0],
    ['parentbased_always_off', '', 0],
    ['TraceIdRatio', '0', 0],
    ['parentbased_traceidratio', '0', 0],
    ['traceidratio', '1', 2],
    ['always_on', '', 2],
  ])('is sampled by %s %s', async (sampler, ratio, count) => {
    const ended = await run(folders[line], register('app.mjs'), {
      OTEL_TRACES_SAMPLER: sampler,
      OTEL_TRACES_SAMPLER_ARG: ratio,
    });
    expect(complaints(ended)).toEqual([]);
    expect(collector.spans()).toHaveLength(count);
    expect(collector.logRecords()).toHaveLength(1);
  });

  it('sends nothing if telemetry is disabled', async () => {
    const ended = await run(folders[line], register('app.mjs'), { OTEL_SDK_DISABLED: 'TRUE' });
    expect(ended).toMatchObject({ code: 0, stdout: 'done\n' });
    expect(complaints(ended)).toEqual([]);
    expect(collector.counts().requests).toBe(0);
  });

  it('writes a signal to the console if the variable says so, and nothing of a signal without an exporter', async () => {
    const ended = await run(folders[line], register('app.mjs'), {
      OTEL_TRACES_EXPORTER: 'console',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'console',
    });
    expect(ended.stdout).toContain("name: 'order'");
    expect(ended.stdout).toContain("name: 'orders'");
    expect(ended.stdout).not.toContain('order received');
    expect(complaints(ended)).toEqual([]);
    expect(collector.counts().requests).toBe(0);
  });

  it('ships a signal and writes it to the console if the variable names both', async () => {
    const { stdout } = await run(folders[line], register('app.mjs'), { OTEL_TRACES_EXPORTER: 'otlp,console' });
    expect(stdout).toContain("name: 'order'");
    expect(names()).toEqual(['order', 'reserve']);
  });

  it('is read by Prometheus if the variable says so, and its metrics are sent nowhere', async () => {
    const port = await freePort();
    const scrape = [
      `import './app.mjs';`,
      `const response = await fetch('http://localhost:${port}/metrics');`,
      `console.log(await response.text());`,
    ];
    const app = join(folders[line], `scrape-${port}.mjs`);
    await writeFile(app, scrape.join('\n'));
    const ended = await run(folders[line], register(app), {
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
    });
    await rm(app);
    expect(ended.code).toBe(0);
    expect(complaints(ended)).toEqual([]);
    expect(ended.stderr).toContain(`metrics to Prometheus (http://localhost:${port}/metrics)`);
    expect(ended.stdout).toMatch(/^orders_total\{.*book="Walden".*\} 1$/m);
    expect(collector.dataPoints()).toEqual([]);
    expect(names()).toEqual(['order', 'reserve']);
  });

  it('has the limits of attributes that the variables set', async () => {
    await run(folders[line], register('app.mjs'), { OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '3' });
    const order = collector.spans().find(({ span }) => span.name === 'order')!;
    expect(order.span.attributes).toEqual([
      expect.objectContaining({ key: 'book', value: expect.objectContaining({ stringValue: 'Wal' }) }),
    ]);
  });

  it.each([
    ['OTEL_TRACES_SAMPLER', 'sometimes'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
    ['OTEL_TRACES_SAMPLER_ARG', '2'],
    ['OTEL_TRACES_EXPORTER', 'zipkin'],
    ['OTEL_LOGS_EXPORTER', 'otlp,none'],
    ['OTEL_METRICS_EXPORTER', 'statsd'],
    ['OTEL_METRIC_EXPORT_INTERVAL', '0'],
    ['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', 'gauge'],
    ['OTEL_PROPAGATORS', 'tracecontext,b3'],
    ['OTEL_SDK_DISABLED', 'perhaps'],
    ['OTEL_LOG_LEVEL', 'loud'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'town'],
    ['OTEL_BSP_SCHEDULE_DELAY', '-1'],
    ['OTEL_BLRP_MAX_QUEUE_SIZE', 'many'],
    ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', '-5'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '10s'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 's3cret'],
    ['SPILLWAY_STRATEGY', 'pray'],
    ['SPILLWAY_MAX_QUEUE_BYTES', '64MX'],
    ['SPILLWAY_DRAIN_TIMEOUT', '99999999999'],
    ['SPILLWAY_EXIT', 'sing'],
  ])('warns once of %s=%s, and uses the default', async (name, value) => {
    const ended = await run(folders[line], register('app.mjs'), { [name]: value });
    expect(ended).toMatchObject({ code: 0, stdout: 'done\n' });
    expect(complaints(ended)).toEqual([expect.stringContaining(name)]);
    expect(ended.stderr).not.toContain('s3cret');
    expect(collector.counts().items).toBe(5);
  });

  it('does not start a second time, and gets the handle of the first start', async () => {
    const ended = await run(folders[line], register('second.mjs'));
    expect(JSON.parse(ended.stdout)).toMatchObject({ isSame: true, status: { state: 'running' } });
    expect(complaints(ended)).toEqual(Array(2).fill(expect.stringContaining('is already started')));
    expect(names()).toEqual(['by hand']);
  });

  it('may call the function instead, whose handle has the status', async () => {
    const { stdout } = await run(folders[line], ['second.mjs'], {
      OPTIONS: '{"serviceName":"by-code","logs":false}',
      OTEL_SERVICE_NAME: 'by-environment',
    });
    const { status } = JSON.parse(stdout) as { status: object };
    expect(status).toMatchObject({
      state: 'running',
      serviceName: 'by-code',
      sdk: { line: line === 'otel2' ? '2.x' : '3.x' },
      signals: {
        traces: {
          exporters: [{ name: 'otlp', endpoint: `${collector.url}/v1/traces`, metrics: { eventsFlushed: 1 } }],
        },
      },
      instrumentations: 0,
    });
    expect(status).not.toHaveProperty('signals.logs');
    expect(resourceAttributes()).toMatchObject({ 'service.name': 'by-code' });
  });

  it('gets an error for a wrong option, which names it', async () => {
    const { code, stderr } = await run(folders[line], ['second.mjs'], { OPTIONS: '{"traces":{"maxQueueSize":-1}}' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/RangeError: maxQueueSize .*-1/);
  });

  it('prints no secret', async () => {
    const url = new URL(collector.url);
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://user:s3cret@${url.host}/`,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://user:s3cret@${url.host}/v1/traces?key=s3cret`,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=s3cret',
      OTEL_LOG_LEVEL: 'all',
    };
    const ended = await run(folders[line], register('second.mjs'), env);
    expect(ended.stderr + ended.stdout).not.toContain('s3cret');
    expect(ended.stdout).toContain(`http://${url.host}/v1/traces`);
  });
});

describe('an application without one SDK', () => {
  it('runs on if there is none, and logs what to install', async () => {
    const folder = await folderWith('none', { api: 'otel3' });
    const ended = await run(folder, register('app.mjs'));
    expect(ended).toMatchObject({ code: 0, stdout: 'done\n' });
    expect(complaints(ended)).toEqual([
      expect.stringMatching(/no OpenTelemetry SDK is installed.*npm install @opentelemetry\/sdk-trace@/),
    ]);
  });

  it('runs on if there are two, and logs which to remove', async () => {
    const folder = await folderWith('both', {
      api: 'otel3',
      'sdk-trace': 'otel3',
      'sdk-trace-base': 'otel2',
      'sdk-logs': 'otel3',
    });
    const ended = await run(folder, register('app.mjs'));
    expect(ended).toMatchObject({ code: 0, stdout: 'done\n' });
    expect(complaints(ended)).toEqual([
      expect.stringMatching(/two OpenTelemetry SDKs.*sdk-trace 3\.1\.1 and @opentelemetry\/sdk-trace-base 2\.12\.1/),
    ]);
    expect(collector.counts().requests).toBe(0);
  });

  it('uses the one that its package.json names if there are two', async () => {
    const packages = { ...LINE_3, 'sdk-trace-base': 'otel2' } as const;
    const folder = await folderWith('named', packages, { dependencies: { '@opentelemetry/sdk-trace': '^3' } });
    const ended = await run(folder, register('app.mjs'));
    expect(complaints(ended)).toEqual([]);
    expect(collector.counts().items).toBe(5);
  });

  it('leaves out logs and metrics if only traces have an SDK, with one line each', async () => {
    const folder = await folderWith('traces', { api: 'otel3', 'sdk-trace': 'otel3' });
    const ended = await run(folder, register('app.mjs'));
    expect(complaints(ended)).toEqual([
      expect.stringMatching(/logs are left out.*npm install @opentelemetry\/sdk-logs@\^3/),
      expect.stringMatching(/metrics are left out.*npm install @opentelemetry\/sdk-metrics@\^3/),
    ]);
    expect(names()).toEqual(['order', 'reserve']);
    expect(collector.logRecords()).toEqual([]);
  });

  it('leaves out traces if only logs have an SDK, with one line', async () => {
    const folder = await folderWith('logs', { api: 'otel3', 'sdk-logs': 'otel3', 'sdk-metrics': 'otel3' });
    const ended = await run(folder, register('app.mjs'));
    expect(complaints(ended)).toEqual([
      expect.stringMatching(/traces are left out.*npm install @opentelemetry\/sdk-trace@\^3/),
    ]);
    expect(collector.logRecords()).toHaveLength(1);
    expect(collector.totalOf('orders')).toBe(1);
  });

  it('ships metrics if only they have an SDK', async () => {
    const folder = await folderWith('metrics', { api: 'otel3', 'sdk-metrics': 'otel3' });
    const ended = await run(folder, register('app.mjs'), { OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' });
    expect(complaints(ended)).toEqual([]);
    expect(collector.totalOf('orders')).toBe(1);
  });

  it('logs what to install for Prometheus, and sends what else is asked for', async () => {
    const folder = await folderWith('no-prometheus', LINE_3);
    const ended = await run(folder, register('app.mjs'), { OTEL_METRICS_EXPORTER: 'prometheus,otlp' });
    expect(complaints(ended)).toEqual([
      expect.stringMatching(/exporter-prometheus is not installed.*npm install @opentelemetry\/exporter-prometheus@/),
    ]);
    expect(collector.totalOf('orders')).toBe(1);
  });

  it('leaves out logs if their SDK belongs to the other line', async () => {
    const folder = await folderWith('mixed', { ...LINE_3, 'sdk-logs': 'otel2' });
    const ended = await run(folder, register('app.mjs'));
    expect(complaints(ended)).toEqual([
      expect.stringMatching(/sdk-logs 0\.223\.1 does not belong to OpenTelemetry 3\.x/),
    ]);
    expect(names()).toEqual(['order', 'reserve']);
  });

  it('keeps a provider that it has registered itself', async () => {
    const folder = await folderWith('own', LINE_3);
    const lines = [
      `import { trace } from '@opentelemetry/api';`,
      `import { TracerProvider } from '@opentelemetry/sdk-trace';`,
      `trace.setGlobalTracerProvider(new TracerProvider());`,
      `const { start } = await import('@spillway/node');`,
      `console.log(Object.keys(start().status().signals).join());`,
    ];
    await writeFile(join(folder, 'own.mjs'), lines.join('\n'));
    const ended = await run(folder, ['own.mjs']);
    expect(ended).toMatchObject({ code: 0, stdout: 'logs,metrics\n' });
    expect(complaints(ended)).toContainEqual(expect.stringContaining('a tracer provider that is already registered'));
  });

  it('is traced in its worker threads too', async () => {
    const folder = await folderWith('worker', LINE_3);
    const lines = [
      `import { isMainThread, Worker } from 'node:worker_threads';`,
      `import { trace } from '@opentelemetry/api';`,
      `trace.getTracer('shop').startSpan(isMainThread ? 'main' : 'worker').end();`,
      `if (isMainThread) new Worker(new URL(import.meta.url));`,
    ];
    await writeFile(join(folder, 'worker.mjs'), lines.join('\n'));
    await run(folder, register('worker.mjs'));
    expect(names()).toEqual(['main', 'worker']);
  });

  it('is traced through an api that is older than the one of its SDK', async () => {
    const folder = await folderWith('old-api', { ...LINE_3, api: 'otel2' });
    await cp(join(folders.otel3, 'second.mjs'), join(folder, 'second.mjs'));
    const ended = await run(folder, register('second.mjs'));
    expect(ended.code).toBe(0);
    expect(names()).toEqual(['by hand']);
  });
});

describe('instrumentations', () => {
  const OPENTELEMETRY = {
    ...LINE_3,
    instrumentation: 'otel3',
    'instrumentation-http': 'otel3',
  } as const;

  /**
   * A stand-in of a few lines, because the real package brings 228 others. The instrumentations themselves are real.
   */
  async function withAutoInstrumentations(name: string, code: string): Promise<string> {
    const folder = await folderWith(name, OPENTELEMETRY);
    const auto = join(folder, 'node_modules/@opentelemetry/auto-instrumentations-node');
    await mkdir(auto);
    await writeFile(
      join(auto, 'package.json'),
      JSON.stringify({ name: '@opentelemetry/auto-instrumentations-node', version: '0.82.0', main: 'index.js' }),
    );
    await writeFile(join(auto, 'index.js'), code);
    for (const app of ['web.mjs', 'web.cjs']) await cp(join(folders.otel3, app), join(folder, app));
    return folder;
  }

  it.each(['web.mjs', 'web.cjs'])('that are installed are switched on: %s', async (app) => {
    const code = `exports.getNodeAutoInstrumentations = () => [new (require('@opentelemetry/instrumentation-http').HttpInstrumentation)()];`;
    const folder = await withAutoInstrumentations(`instrumented-${app}`, code);
    const ended = await run(folder, register(app));
    expect(ended).toMatchObject({ code: 0, stdout: '200\n' });
    expect(complaints(ended)).toEqual([]);
    expect(ended.stderr).toContain('1 instrumentations');
    expect(ended.stderr).not.toContain('Warning');
    // The spans of the server and the client, in one trace. The exports themselves have no span.
    expect(names()).toEqual(['GET', 'GET']);
    const [one, other] = collector.spans().map(({ span }) => hex(span.traceId));
    expect(one).toBe(other);
    const metrics = new Set(collector.dataPoints().map(({ metric }) => metric.name));
    expect(metrics).toEqual(new Set(['http.server.request.duration', 'http.client.request.duration']));
  });

  it('that cannot be loaded are logged, and spans are shipped without them', async () => {
    const folder = await withAutoInstrumentations('broken', `throw new Error('broken package');`);
    const ended = await run(folder, register('app.mjs'));
    expect(ended).toMatchObject({ code: 0, stdout: 'done\n' });
    expect(complaints(ended)).toEqual([expect.stringMatching(/without instrumentations.*broken package/)]);
    expect(names()).toEqual(['order', 'reserve']);
  });
});
