import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Collector, type ReceivedSpan, startCollector } from '../collector/src/index.ts';
import { hex, readLog } from '../example/src/index.ts';
import { installed, type InstrumentedLine } from './install.ts';
import { NODE } from './node.ts';

const isOldest = execFileSync(NODE, ['--version'], { encoding: 'utf8' }).startsWith('v22.15.');
if (isOldest)
  console.log('SKIPPED: packages preloaded by --require (Node 22.15 can register no loader hook after that)');

/** npm asks its registry the first time; all instrumentations are 330 packages. */
const INSTALL_MILLIS = 240_000;
const SERVER = 2;
const CLIENT = 3;
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';

/** Cloud detectors send requests over the network, and give up after seconds. */
const QUIET_ENVIRONMENT = {
  PATH: process.env['PATH'] ?? '',
  OTEL_NODE_RESOURCE_DETECTORS: 'host,os,process,serviceinstance',
};

let folders: Record<InstrumentedLine, string>;
let collector: Collector;

beforeAll(async () => {
  const [auto2, auto3] = await Promise.all([installed('auto2'), installed('auto3')]);
  folders = { auto2, auto3 };
}, INSTALL_MILLIS);
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector.close());

interface ServiceOptions {
  readonly line?: InstrumentedLine;
  readonly app?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The URL of the service that this one asks. */
  readonly behind?: string;
  /** Flags that come before the registration. */
  readonly before?: readonly string[];
}

/** A service that listens. */
interface Service {
  readonly url: string;
  /** Ends the service by SIGTERM, and returns its output. */
  end(): Promise<{ readonly stdout: string; readonly stderr: string; readonly signal: NodeJS.Signals | null }>;
}

async function startService(
  name: string,
  { line = 'auto3', app = 'service.mjs', env = {}, behind, before = [] }: ServiceOptions = {},
): Promise<Service> {
  const flag = app.endsWith('.cjs') ? '--require' : '--import';
  const child = spawn(
    NODE,
    [...before, flag, '@spillway/node/register', app, name, ...(behind === undefined ? [] : [behind])],
    {
      cwd: folders[line],
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...QUIET_ENVIRONMENT, OTEL_SERVICE_NAME: name, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env },
      timeout: 15_000,
      killSignal: 'SIGKILL',
    },
  );
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const url = await new Promise<string>((resolve, reject) => {
    child.once('close', () => reject(new Error(`${name} has ended: ${stderr}`)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const address = /listening (\S+)/.exec(stdout)?.[1];
      if (address !== undefined) resolve(address);
    });
  });
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  return {
    url,
    async end() {
      child.kill('SIGTERM');
      const [, signal] = await closed;
      return { stdout, stderr, signal };
    },
  };
}

/** Starts one service and sends it one request. */
async function asked(env: Readonly<Record<string, string>>, app = 'service.mjs') {
  const service = await startService('store', { env, app });
  const answer = await fetch(`${service.url}/books/walden`);
  expect(await answer.text()).toBe('there');
  return service.end();
}

const complaints = (stderr: string): string[] =>
  stderr.split('\n').filter((line) => /^otel (warn|error): |Warning/.test(line));
const scopes = (): (string | undefined)[] => [
  ...new Set(collector.spans().map(({ scope }) => scope?.name?.replace('@opentelemetry/instrumentation-', ''))),
];
const attributeNames = (): string[] => (collector.spans()[0]?.resource?.attributes ?? []).map(({ key }) => key ?? '');
const nameOf = ({ resource }: ReceivedSpan) =>
  resource?.attributes?.find(({ key }) => key === 'service.name')?.value?.stringValue;

function spanOf(service: string, kind: number): ReceivedSpan['span'] {
  const found = collector.spans().filter((received) => nameOf(received) === service && received.span.kind === kind);
  expect(found).toHaveLength(1);
  return found[0]!.span;
}

describe("all of OpenTelemetry's instrumentations", () => {
  it.each([
    ['auto2', 'service.mjs'],
    ['auto2', 'service.cjs'],
    ['auto3', 'service.mjs'],
    ['auto3', 'service.cjs'],
  ] as const)('follow a request through two processes, with its log records: %s, %s', async (line, app) => {
    const store = await startService('store', { line, app });
    const shop = await startService('shop', { line, app, behind: store.url });
    expect(await (await fetch(`${shop.url}/books/walden`)).text()).toBe('there');
    const ends = [await shop.end(), await store.end()];

    for (const end of ends)
      expect({ signal: end.signal, complaints: complaints(end.stderr) }).toEqual({ signal: 'SIGTERM', complaints: [] });
    const [first, call, second] = [spanOf('shop', SERVER), spanOf('shop', CLIENT), spanOf('store', SERVER)];
    expect([first.name, second.name]).toEqual(['GET /books/:title', 'GET /books/:title']);
    expect(hex(first.parentSpanId)).toBe('');
    expect(hex(second.parentSpanId)).toBe(hex(call.spanId));
    expect(new Set(collector.spans().map(({ span }) => hex(span.traceId)))).toEqual(new Set([hex(first.traceId)]));
    // The call is made within a handler of Express, whose span is a descendant of the server's span.
    expect(hex(call.parentSpanId)).not.toBe(hex(first.spanId));
    expect(scopes()).toEqual(expect.arrayContaining(['http', 'express']));

    const records = collector.logRecords().map(readLog);
    const inTrace = { traceId: hex(first.traceId), attributes: { title: 'walden' } };
    expect(records).toHaveLength(2);
    expect(records.find(({ service }) => service === 'shop')).toMatchObject({ body: 'shop was asked', ...inTrace });
    expect(records.find(({ service }) => service === 'store')).toMatchObject({ body: 'store was asked', ...inTrace });
    // The logger's own output has the same ids.
    for (const { stdout } of ends) expect(stdout).toContain(`"trace_id":"${hex(first.traceId)}"`);
  });

  it.each(['service.mjs', 'service.cjs'])(
    'are only those that OTEL_NODE_ENABLED_INSTRUMENTATIONS names: %s',
    async (app) => {
      const { stderr } = await asked({ OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http' }, app);
      expect(stderr).toContain('; 1 instrumentations');
      expect(complaints(stderr)).toEqual([]);
      expect(scopes()).toEqual(['http']);
      expect(collector.logRecords()).toEqual([]);
    },
  );

  it('are all but those that OTEL_NODE_DISABLED_INSTRUMENTATIONS names', async () => {
    await asked({ OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'express,router,net,pino' });
    expect(scopes()).toEqual(['http']);
    expect(collector.logRecords()).toEqual([]);
  });

  it.each([
    ['os', ['os.type'], ['host.name', 'process.pid']],
    ['host,container', ['host.name'], ['os.type', 'process.pid']],
    ['none', [], ['host.name', 'os.type', 'process.pid']],
    ['', ['host.name', 'os.type', 'process.pid', 'service.instance.id'], []],
  ])('bring only the resource detectors that OTEL_NODE_RESOURCE_DETECTORS names: %s', async (names, there, missing) => {
    const { stderr } = await asked({ OTEL_NODE_RESOURCE_DETECTORS: names });
    // Outside of its cloud, Google's detector logs a warning of its own.
    expect(complaints(stderr).filter((line) => !line.includes('MetadataLookupWarning'))).toEqual([]);
    expect(attributeNames()).toEqual(expect.arrayContaining(['service.name', 'telemetry.sdk.name', ...there]));
    for (const name of missing) expect(attributeNames()).not.toContain(name);
  });

  // On Node 22.15 no loader hook can be registered after a package was preloaded, and a line says that there are none.
  it.skipIf(isOldest).each(['service.mjs', 'service.cjs'])(
    'log a warning that names the packages that were loaded before them: %s',
    async (app) => {
      const service = await startService('store', { app, before: ['--require', 'express'] });
      const { stderr } = await service.end();
      expect(complaints(stderr)).toEqual([
        expect.stringMatching(/after these packages were loaded.*: express, router\. Start it first/),
      ]);
    },
  );

  it('make no spans of the requests of resource detectors', async () => {
    await asked({ OTEL_NODE_RESOURCE_DETECTORS: 'gcp', GCE_METADATA_HOST: '127.0.0.1:1' });
    expect(collector.spans().filter(({ span }) => span.kind === CLIENT)).toEqual([]);
    expect(collector.spans().filter(({ span }) => span.kind === SERVER)).toHaveLength(1);
  });

  it.each([
    ['auto2', 'b3', { b3: `${TRACE_ID}-${SPAN_ID}-1` }, /^b3: 0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-1$/m],
    ['auto3', 'b3', { b3: `${TRACE_ID}-${SPAN_ID}-1` }, /^b3: 0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-1$/m],
    [
      'auto3',
      'b3multi',
      { 'X-B3-TraceId': TRACE_ID, 'X-B3-SpanId': SPAN_ID, 'X-B3-Sampled': '1' },
      /^x-b3-traceid: 0af7651916cd43dd8448eb211c80319c$/m,
    ],
    [
      'auto2',
      'jaeger',
      { 'uber-trace-id': `${TRACE_ID}:${SPAN_ID}:0:1` },
      /^uber-trace-id: 0af7651916cd43dd8448eb211c80319c/m,
    ],
  ] as const)(
    'go on with the trace of a request that has other headers than those of the W3C: %s, %s',
    async (line, propagator, incoming, outgoing) => {
      let headers = '';
      const behind = createServer((request, response) => {
        headers = Object.entries(request.headers)
          .map(([name, value]) => `${name}: ${String(value)}`)
          .join('\n');
        response.end('there');
      });
      await new Promise<void>((resolve) => behind.listen(0, '127.0.0.1', resolve));
      const service = await startService('shop', {
        line,
        env: { OTEL_PROPAGATORS: propagator },
        behind: `http://127.0.0.1:${(behind.address() as AddressInfo).port}`,
      });
      expect(await (await fetch(`${service.url}/books/walden`, { headers: incoming })).text()).toBe('there');
      const { stderr } = await service.end();
      behind.close();

      expect(complaints(stderr)).toEqual([]);
      const { traceId, parentSpanId } = spanOf('shop', SERVER);
      expect([hex(traceId), hex(parentSpanId)]).toEqual([TRACE_ID, SPAN_ID]);
      expect(headers).toMatch(outgoing);
      expect(headers).not.toContain('traceparent');
    },
  );

  it.each([
    ['OTEL_SDK_DISABLED', 'true', 0, 0, false],
    ['OTEL_TRACES_SAMPLER', 'always_off', 0, 1, true],
    ['OTEL_TRACES_EXPORTER', 'none', 0, 1, false],
    ['OTEL_LOGS_EXPORTER', 'none', 1, 0, true],
  ] as const)('follow %s=%s', async (name, value, servers, records, hasTrace) => {
    const { stdout, stderr } = await asked({ [name]: value });
    expect(complaints(stderr)).toEqual([]);
    expect(collector.spans().filter(({ span }) => span.kind === SERVER)).toHaveLength(servers);
    expect(collector.logRecords()).toHaveLength(records);
    expect(stdout.includes('"trace_id"')).toBe(hasTrace);
  });
});
