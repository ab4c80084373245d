import { describe, expect, it } from 'vitest';
import { mintCertificates } from '../../../test/collector/src/index.ts';
import { run, SECRET } from './command/run.ts';
import { servers } from './command/servers.ts';
import { useStartedPrograms } from './start/started-program.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const programs = useStartedPrograms();
const { file } = useTemporaryFolder();

type Variables = Readonly<Record<string, string>>;

const { client, ca } = mintCertificates();

/** Forms of the secrets that must not be seen: as given, as sent, and a line of the key. */
const SECRETS = [SECRET, btoa(`user:${SECRET}`).slice(0, -4), client.key.split('\n')[1]!];

/** Ships the items that a collector did not accept, and prints everything that can be printed. */
const PROGRAM = (options: string) => `
  import { inspect } from 'node:util';
  const handle = start({ application, logLevel: 'all', ${options} });
  trace.getTracer('test').startSpan('order').end();
  logs.getLogger('test').emit({ body: 'order placed' });
  metrics.getMeter('test').createCounter('orders').add(1);
  const flushed = handle.forceFlush().catch((error) => console.log(inspect(error, { depth: 9 })));
  await Promise.race([flushed, new Promise((resolve) => setTimeout(resolve, 800))]);
  const status = handle.status();
  console.log(inspect({ handle, status }, { depth: 9, showHidden: true }), JSON.stringify(status));
  process.exit(3);
`;

/** The whole output of all our programs. */
async function printed(env: Variables, options = ''): Promise<string> {
  const commands = [
    ['config'],
    ['config', '--json'],
    ['doctor', '--timeout', '2000'],
    ['doctor', '--json', '--timeout', '2000'],
  ];
  let all = '';
  for (const args of commands) {
    const { out, err } = await run(args, env);
    all += out + err;
  }
  const { code, stdout, stderr } = await programs.run(PROGRAM(options), env);
  expect(code).toBe(3);
  expect(stderr).toContain('Spillway ships');
  return all + stdout + stderr;
}

function expectNoSecret(text: string): void {
  for (const secret of SECRETS) expect(text).not.toContain(secret);
}

const credentials = (port: number, signal: string): string =>
  `http://user:${SECRET}@localhost:${port}/${SECRET}/v1/${signal}?key=${SECRET}`;

describe('secrets', () => {
  it.each([401, 503, 200])('are sent, and shown nowhere, if a collector repeats them with %i', async (status) => {
    const seen: string[] = [];
    const port = await servers.http((request, response) => {
      const { url, headers } = request;
      seen.push(`${url} ${JSON.stringify(headers)}`);
      request
        .resume()
        .on('end', () => response.writeHead(status).end(`no such key: ${url} ${JSON.stringify(headers)}`));
    });
    const text = await printed({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: credentials(port, 'traces'),
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: credentials(port, 'logs'),
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: credentials(port, 'metrics'),
      OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${SECRET}`,
      OTEL_EXPORTER_OTLP_LOGS_HEADERS: `authorization=Bearer%20${SECRET}`,
    });
    expectNoSecret(text);
    expect(text).toContain('***');
    // Three items from each of two doctors, and three of the program, which a child sends again if they were not accepted.
    expect(seen.length).toBeGreaterThanOrEqual(status === 503 ? 12 : 9);
    expect(
      seen.every((request) => request.includes(`key=${SECRET}`) && request.includes(`"x-api-key":"${SECRET}"`)),
    ).toBe(true);
  });

  it('are shown nowhere if a function returns the headers', async () => {
    const seen: unknown[] = [];
    const port = await servers.http((request, response) => {
      seen.push(request.headers.authorization);
      request.resume().on('end', () => response.writeHead(403).end(`not for ${request.headers.authorization}`));
    });
    const url = `http://localhost:${port}/v1/traces`;
    const text = await printed(
      { OTEL_EXPORTER_OTLP_ENDPOINT: `http://localhost:${port}` },
      `traces: { exporter: new OtlpSpanExporter({ url: '${url}', headers: async () => ({ authorization: 'Bearer ${SECRET}' }) }) }`,
    );
    expectNoSecret(text);
    expect(seen).toContain(`Bearer ${SECRET}`);
  });

  it.each(['http', 'https'])('are shown nowhere if they belong to a proxy (%s)', async (scheme) => {
    const port = await servers.refusingProxy(407);
    const proxy = `http://user:${SECRET}@localhost:${port}`;
    const text = await printed({
      OTEL_EXPORTER_OTLP_ENDPOINT: `${scheme}://collector.test:4318`,
      HTTP_PROXY: proxy,
      HTTPS_PROXY: proxy,
    });
    expectNoSecret(text);
    expect(text).toContain('answered 407');
  });

  it('are shown nowhere if they are a key', async () => {
    const port = await servers.https({ ...mintCertificates().server });
    const text = await printed({
      OTEL_EXPORTER_OTLP_ENDPOINT: `https://localhost:${port}`,
      OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca.pem', ca),
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: file('client.pem', client.cert),
      OTEL_EXPORTER_OTLP_CLIENT_KEY: file('client.key', client.key),
    });
    expectNoSecret(text);
    expect(text).toMatch(/TLS with localhost:\d+ failed/);
  });

  it('are shown nowhere if they are in the wrong place', async () => {
    const port = await servers.nobody();
    const text = await printed({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://localhost:${port}`,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `collector:4318/?key=${SECRET}`,
      OTEL_EXPORTER_OTLP_HEADERS: SECRET,
      OTEL_EXPORTER_OTLP_CLIENT_KEY: client.key,
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: SECRET,
      OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca.pem', SECRET),
      OTEL_RESOURCE_ATTRIBUTES: SECRET,
      SPILLWAY_HEADERS: SECRET,
      HTTP_PROXY: `socks5://user:${SECRET}@proxy`,
    });
    expectNoSecret(text);
    for (const name of ['TRACES_ENDPOINT', 'HEADERS', 'CLIENT_KEY', 'CLIENT_CERTIFICATE', 'CERTIFICATE'])
      expect(text).toMatch(new RegExp(`OTEL_EXPORTER_OTLP_${name}\\b`));
  });
});
