import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Certificates, mintCertificates } from '../../../../test/collector/src/index.ts';
import { resolveExporterOptions } from '../../src/options/exporter-options.ts';
import { createHttpTransport } from '../../src/transport/http-transport.node.ts';
import type { OtlpTransport } from '../../src/transport/transport.ts';
import type { OtlpTransportOptions } from '../../src/transport/transport-options.ts';
import { send } from './sending.ts';

/** Certificates are checked for changes after this time, or after a failed attempt. */
const LOOK_MILLIS = 5_000;

const DELIVERED = { kind: 'delivered' };

afterEach(() => {
  vi.restoreAllMocks();
  diag.disable();
});

const now = performance.now.bind(performance);
let passed = 0;

/** Moves the clock forward, for everything that measures time. */
function pass(millis: number): void {
  passed += millis;
  vi.spyOn(performance, 'now').mockImplementation(() => now() + passed);
}

/** A server with mutual TLS, whose certificates can be replaced while it runs. */
async function startServer(certificates: Certificates, clientAuthorities = [certificates.ca]) {
  /** The serial number of each request's client certificate. */
  const clients: string[] = [];
  const tlsOf = ({ server }: Certificates, ca: readonly string[]) => ({
    ...server,
    ca: [...ca],
    requestCert: true,
    rejectUnauthorized: true,
  });
  const server = createServer(tlsOf(certificates, clientAuthorities), (request, response) => {
    clients.push((request.socket as TLSSocket).getPeerX509Certificate()?.serialNumber ?? '');
    request.resume().on('end', () => response.end());
  });
  const connections = new Set<object>();
  server.on('secureConnection', (socket) => connections.add(socket));
  // Longer than any test, so that the client closes idle connections.
  server.keepAliveTimeout = 120_000;
  server.listen(0, 'localhost');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}/v1/traces`,
    clients,
    connections,
    rotate(next: Certificates) {
      server.setSecureContext(tlsOf(next, [next.ca]));
      server.closeAllConnections();
    },
  };
}

/** A volume with the files that variables name. */
function volume() {
  const folder = mkdtempSync(join(tmpdir(), 'tls-rotation-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const write = (files: Readonly<Record<string, string>>) => {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  };
  return {
    write,
    writeAll: (certificates: Certificates, authorities = [certificates.ca]) =>
      write({ ca: authorities.join(''), key: certificates.client.key, cert: certificates.client.cert }),
    variables: {
      OTEL_EXPORTER_OTLP_CERTIFICATE: join(folder, 'ca'),
      OTEL_EXPORTER_OTLP_CLIENT_KEY: join(folder, 'key'),
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: join(folder, 'cert'),
    },
  };
}

function create(options: OtlpTransportOptions): OtlpTransport {
  const transport = createHttpTransport({ proxyEnv: {}, ...options });
  onTestFinished(async () => transport.shutdown());
  return transport;
}

function createFromVariables(
  url: string,
  variables: Readonly<Record<string, string>>,
  warn: (message: string) => void = () => {},
): OtlpTransport {
  return create(resolveExporterOptions('traces', { url }, warn, variables).transport);
}

describe('certificates and keys in files', () => {
  it('are replaced under load without a failed request', async () => {
    const [old, next] = [mintCertificates(), mintCertificates('next authority')];
    const server = await startServer(old, [old.ca, next.ca]);
    const files = volume();
    files.writeAll(old);
    const transport = createFromVariables(server.url, files.variables);
    const load = { isOver: false };
    const senders = Array.from({ length: 4 }, async () => {
      while (!load.isOver) expect(await send(transport)).toEqual(DELIVERED);
    });
    await vi.waitUntil(() => server.clients.length > 20);

    files.writeAll(next, [old.ca, next.ca]);
    pass(LOOK_MILLIS);
    await vi.waitUntil(() => new Set(server.clients).size === 2);
    const from = server.clients.length + senders.length;
    await vi.waitUntil(() => server.clients.length > from + 20);
    load.isOver = true;
    await Promise.all(senders);
    expect(new Set(server.clients.slice(from)).size).toBe(1);
  });

  it('are read again immediately after a failed connection', async () => {
    const [old, next] = [mintCertificates(), mintCertificates('next authority')];
    const server = await startServer(old);
    const files = volume();
    files.writeAll(old);
    const transport = createFromVariables(server.url, files.variables);
    expect(await send(transport)).toEqual(DELIVERED);

    server.rotate(next);
    files.writeAll(next);
    expect(await send(transport)).toMatchObject({ kind: 'retry' });
    expect(await send(transport)).toEqual(DELIVERED);
    expect(new Set(server.clients).size).toBe(2);
  });

  it('stay in use while only one of a pair has been replaced', async () => {
    const [old, next] = [mintCertificates(), mintCertificates('next authority')];
    const server = await startServer(old, [old.ca, next.ca]);
    const files = volume();
    files.writeAll(old);
    const warnings: string[] = [];
    const transport = createFromVariables(server.url, files.variables, (message) => warnings.push(message));
    expect(await send(transport)).toEqual(DELIVERED);

    files.write({ cert: next.client.cert });
    pass(LOOK_MILLIS);
    expect(await send(transport)).toEqual(DELIVERED);
    expect(warnings).toEqual([
      expect.stringMatching(/^OTEL_EXPORTER_OTLP_CLIENT_KEY, OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: .*stays in use$/),
    ]);
    expect(server.connections.size).toBe(1);

    files.write({ key: next.client.key });
    pass(LOOK_MILLIS);
    expect(await send(transport)).toEqual(DELIVERED);
    expect(new Set(server.clients).size).toBe(2);
  });

  it('are used as soon as they exist', async () => {
    const certificates = mintCertificates();
    const server = await startServer(certificates);
    const files = volume();
    const transport = createFromVariables(server.url, files.variables);
    expect(await send(transport)).toMatchObject({ kind: 'retry' });
    files.writeAll(certificates);
    expect(await send(transport)).toEqual(DELIVERED);
  });

  it('that have not changed leave connections alone', async () => {
    const certificates = mintCertificates();
    const server = await startServer(certificates);
    const files = volume();
    files.writeAll(certificates);
    const transport = createFromVariables(server.url, files.variables);
    for (let count = 0; count < 3; count += 1) {
      files.writeAll(certificates);
      pass(LOOK_MILLIS);
      expect(await send(transport)).toEqual(DELIVERED);
    }
    expect(server.connections.size).toBe(1);
  });
});

describe('a function that returns TLS options', () => {
  const tlsOf = ({ ca, client }: Certificates) => ({ ca, ...client });

  it('is called again every 5 s at most, and later connections use its new object', async () => {
    const [old, next] = [mintCertificates(), mintCertificates('next authority')];
    const server = await startServer(old, [old.ca, next.ca]);
    const tls = vi.fn<() => object>().mockReturnValue(tlsOf(old));
    const transport = create({ url: server.url, tls });
    await send(transport);
    await send(transport);
    expect(tls).toHaveBeenCalledTimes(1);
    tls.mockReturnValue({ ...tlsOf(next), ca: old.ca });
    pass(LOOK_MILLIS);
    expect(await send(transport)).toEqual(DELIVERED);
    expect(tls).toHaveBeenCalledTimes(2);
    expect(new Set(server.clients).size).toBe(2);
    expect(transport.requestOf?.({ chunks: [], byteLength: 0 })?.tls).toMatchObject({ cert: next.client.cert });
  });

  it.for([
    [
      'throws',
      () => {
        throw new Error('the vault is sealed');
      },
      'the vault is sealed',
    ],
    ['returns a key without a certificate', () => ({ key: 'key' }), 'tls.key needs tls.cert, got undefined'],
    [
      'returns an invalid certificate',
      () => ({ ca: 'none' }),
      'tls has a certificate, key or passphrase that cannot be used (ca)',
    ],
  ] as const)('is replaced by its last good object if it %s, with one warning', async ([, later, problem]) => {
    const warn = vi.fn<(message: string) => void>();
    diag.setLogger(
      { error() {}, warn, info() {}, debug() {}, verbose() {} },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
    const certificates = mintCertificates();
    const server = await startServer(certificates);
    let tls: () => object = () => tlsOf(certificates);
    const transport = create({ url: server.url, tls: () => tls() });
    tls = later;
    for (let count = 0; count < 2; count += 1) {
      pass(LOOK_MILLIS);
      expect(await send(transport)).toEqual(DELIVERED);
    }
    expect(warn.mock.calls).toEqual([
      [`OTLP transport: new certificates or keys cannot be used, the last ones stay in use: ${problem}`],
    ]);
  });

  it('makes construction fail with its error', () => {
    expect(() =>
      create({
        url: 'https://localhost',
        tls: () => {
          throw new Error('the vault is sealed');
        },
      }),
    ).toThrow('the vault is sealed');
  });
});

it('the connection of replaced certificates is closed once it is idle', async () => {
  const [old, next] = [mintCertificates(), mintCertificates('next authority')];
  const server = await startServer(old, [old.ca, next.ca]);
  const files = volume();
  files.writeAll(old);
  const transport = createFromVariables(server.url, files.variables);
  expect(await send(transport)).toEqual(DELIVERED);
  const [connection] = server.connections as Set<TLSSocket>;

  files.writeAll(next, [old.ca, next.ca]);
  pass(LOOK_MILLIS);
  expect(await send(transport)).toEqual(DELIVERED);
  await vi.waitUntil(() => connection?.destroyed, { timeout: 10_000 });
  expect(server.connections.size).toBe(2);
});
