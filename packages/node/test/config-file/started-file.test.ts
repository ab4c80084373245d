import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useStartedPrograms } from '../start/started-program.ts';
import { useTemporaryFolder } from '../temporary-folder.ts';

const programs = useStartedPrograms();
const folder = useTemporaryFolder();

/** Files of https://github.com/open-telemetry/opentelemetry-configuration/tree/v1.1.0/examples, unchanged. */
const example = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface Received {
  readonly headers: IncomingHttpHeaders;
  /** The body as text, in which the strings of protobuf and JSON can be read. */
  readonly text: string;
}

let server: Server;
let received: Map<string, Received>;

beforeEach(async () => {
  received = new Map();
  server = createServer((request, response) => void receive(request).then(() => response.end()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => server.close());

async function receive(request: IncomingMessage): Promise<void> {
  const body = await buffer(request);
  const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  received.set(request.url ?? '', { headers: request.headers, text: plain.toString() });
}

const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** One item of each signal. */
const PROGRAM = `
  const handle = start({ application });
  trace.getTracer('test').startSpan('order').end();
  logs.getLogger('test').emit({ body: 'sold' });
  metrics.getMeter('test').createCounter('orders').add(1);
  await handle.shutdown();
  console.log(JSON.stringify(handle.status()));`;

async function run(file: string, env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await programs.run(PROGRAM, { OTEL_CONFIG_FILE: file, ...env });
  const complaints = stderr.split('\n').filter((line) => /^otel (warn|error)/.test(line));
  const status = JSON.parse(stdout) as { readonly state: string; readonly propagators: readonly string[] };
  return { code, status, complaints, stderr };
}

describe("an application with a configuration file of upstream's examples", () => {
  it('sends every signal where the file says, with the resource that it describes', async () => {
    const { code, complaints, stderr } = await run(example('otel-getting-started.yaml'), {
      OTEL_EXPORTER_OTLP_ENDPOINT: url(),
      OTEL_SERVICE_NAME: 'shop',
      OTEL_RESOURCE_ATTRIBUTES: 'town=Concord',
      // By the specification, a file replaces these.
      OTEL_TRACES_SAMPLER: 'always_off',
      OTEL_EXPORTER_OTLP_HEADERS: 'of-variable=1',
    });
    expect(complaints).toEqual([expect.stringContaining('npm install @opentelemetry/resource-detector-container')]);
    expect(code).toBe(0);
    expect([...received.keys()].toSorted()).toEqual(['/v1/logs', '/v1/metrics', '/v1/traces']);
    for (const { headers, text } of received.values()) {
      expect(headers).not.toHaveProperty('of-variable');
      for (const attribute of ['Concord', 'shop', 'host.name', 'process.pid', 'service.instance.id'])
        expect(text).toContain(attribute);
    }
    expect(received.get('/v1/traces')?.text).toContain('order');
    expect(stderr).toContain('(parent_based always_on)');
  });

  it('follows the variables that the file names', async () => {
    const { status, complaints } = await run(example('otel-sdk-migration-config.yaml'), {
      OTEL_EXPORTER_OTLP_ENDPOINT: url(),
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'api-key=of%20traces',
      OTEL_SERVICE_NAME: 'shop',
      OTEL_PROPAGATORS: 'b3',
    });
    expect(status.propagators).toEqual(['b3']);
    expect(received.get('/v1/traces')?.headers).toMatchObject({ 'api-key': 'of traces' });
    expect(received.get('/v1/logs')?.headers).not.toHaveProperty('api-key');
    expect(received.get('/v1/metrics')?.text).toContain('orders');
    expect(complaints).toEqual([
      expect.stringMatching(/no effect: instrumentation\/development, meter_provider\.exemplar_filter$/),
    ]);
  });
});

describe('a configuration file', () => {
  it('gives a processor our options, names what it does not know, and the application runs', async () => {
    const file = folder.file(
      'ours.yaml',
      `file_format: "1.0"
distribution: { spillway: { loss_reports: false } }
tracer_provider:
  sampler: { dice: { sides: 6 } }
  processors:
    - spillway:
        strategy: drop_oldest
        max_concurrent_exports: 1
        color: red
        exporter: { otlp_http: { endpoint: "${url()}/first", encoding: json, headers: [{ name: key, value: "a,b" }] } }
    - batch: { exporter: { otlp_http: { endpoint: "${url()}/second" } } }
    - batch: { exporter: { zipkin: { endpoint: "${url()}/third" } } }
`,
    );
    const { code, status, complaints } = await run(file);
    expect(complaints.map((line) => line.replace(/^otel warn: /, ''))).toEqual([
      'Spillway: OTEL_CONFIG_FILE: tracer_provider.processors[2].batch.exporter.zipkin is left out: no such component is known',
      'Spillway: OTEL_CONFIG_FILE: tracer_provider.sampler.dice is left out: no such component is known',
      'Spillway: OTEL_CONFIG_FILE: no effect: tracer_provider.processors[0].spillway.color',
    ]);
    expect(code).toBe(0);
    expect(status).toMatchObject({
      state: 'shut_down',
      signals: { traces: { exporters: [{ metrics: { concurrency: 1 } }, { metrics: { concurrency: 4 } }] } },
    });
    expect([...received.keys()].toSorted()).toEqual(['/first', '/second']);
    expect(received.get('/first')?.headers).toMatchObject({ key: 'a,b', 'content-type': 'application/json' });
  });

  it.each([
    ['a missing file', () => folder.path('missing.yaml'), /ENOENT: no such file/],
    [
      'invalid content',
      () => folder.file('bad.yaml', 'file_format: "1.0"\ntracer_provider: { processors: 5 }'),
      /processors must be array/,
    ],
    ['another major version', () => folder.file('old.yaml', 'file_format: "0.4"'), /file_format/],
  ])('that cannot be used is one line, and the other variables apply: %s', async (_, file, reason) => {
    const { code, complaints } = await run(file(), { OTEL_EXPORTER_OTLP_ENDPOINT: url() });
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toMatch(
      /^otel error: Spillway: OTEL_CONFIG_FILE=".*" is not used, and the other variables apply: /,
    );
    expect(complaints[0]).toMatch(reason);
    expect(code).toBe(0);
    expect([...received.keys()]).toContain('/v1/traces');
  });
});
