import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mintCertificates } from '../../../../test/collector/src/index.ts';
import { type OtlpExporterOptions, resolveExporterOptions } from '../../src/options/exporter-options.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'exporter-options-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function resolve(options: OtlpExporterOptions = {}, env: Record<string, string> = {}) {
  const warnings: string[] = [];
  const { transport, concurrencyLimit } = resolveExporterOptions(
    'traces',
    options,
    (message) => warnings.push(message),
    env,
  );
  const { tls } = transport;
  return {
    transport: { ...transport, tls: typeof tls === 'function' ? tls() : tls },
    concurrencyLimit,
    warnings: [...new Set(warnings)],
    tls,
  };
}

function file(name: string, content = name): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function pipe(): string {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  return path;
}

describe('options of an OTLP exporter', () => {
  it('lead to the collector of this host by default', () => {
    expect(resolve().transport.url).toBe('http://localhost:4318/v1/traces');
    expect(resolveExporterOptions('logs', {}, () => {}, {}).transport.url).toBe('http://localhost:4318/v1/logs');
  });

  it('may have headers from another realm, as in jest, but only as plain objects', () => {
    expect(resolve({ headers: runInNewContext("({ authorization: 'new' })") as never }).transport.headers).toEqual({
      authorization: 'new',
    });
    expect(resolve({ headers: structuredClone({ authorization: 'new' }) }).transport.headers).toEqual({
      authorization: 'new',
    });
    for (const wrong of ['new Map()', '[]', 'new Date()', 'new (class Headers {})()']) {
      expect(() => resolve({ headers: runInNewContext(wrong) as never })).toThrow(
        'headers must be an object of strings, or a function',
      );
    }
  });

  it('merge the headers of the environment and of the code, and the code wins', async () => {
    const env = { OTEL_EXPORTER_OTLP_HEADERS: 'x-team=blue,authorization=old' };
    const expected = { 'x-team': 'blue', Authorization: 'new' };
    expect(resolve({ headers: { Authorization: 'new' } }, env).transport.headers).toEqual(expected);
    const { headers } = resolve({ headers: () => ({ Authorization: 'new' }) }, env).transport;
    expect(typeof headers === 'function' ? await headers() : headers).toEqual(expected);
  });

  it('read certificates from the files that the environment names', () => {
    const { ca, client } = mintCertificates();
    const { transport, warnings } = resolve(
      {},
      {
        OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca', ca),
        OTEL_EXPORTER_OTLP_CLIENT_KEY: file('key', client.key),
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: file('cert', client.cert),
      },
    );
    expect(String(transport.tls?.ca)).toBe(ca);
    expect(String(transport.tls?.key)).toBe(client.key);
    expect(String(transport.tls?.cert)).toBe(client.cert);
    expect(warnings).toEqual([]);
  });

  it('ignore a file without a certificate, with a warning that names the variable', () => {
    const { client } = mintCertificates();
    const { transport, warnings } = resolve(
      {},
      {
        OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: file('ca', 's3cret'),
        OTEL_EXPORTER_OTLP_CLIENT_KEY: file('key', client.key),
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: file('cert', client.cert),
      },
    );
    expect(warnings).toEqual(['OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: its file holds no certificate']);
    expect(transport.tls).toEqual({ key: expect.anything(), cert: expect.anything() });
  });

  it.each([
    ['no key', () => 's3cret', () => mintCertificates().client.cert],
    ['no certificate', () => mintCertificates().client.key, () => 's3cret'],
    [
      'a key that does not fit the certificate',
      () => mintCertificates().client.key,
      () => mintCertificates().client.cert,
    ],
  ])('ignore files with %s, with a warning', (_, key, cert) => {
    const { transport, warnings } = resolve(
      {},
      {
        OTEL_EXPORTER_OTLP_CLIENT_KEY: file('key', key()),
        OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE: file('cert', cert()),
      },
    );
    expect(warnings).toEqual([
      expect.stringMatching(
        /^OTEL_EXPORTER_OTLP_CLIENT_KEY, OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE: .*cannot be used/,
      ),
    ]);
    expect(warnings[0]).not.toContain('s3cret');
    expect(transport.tls).toBeUndefined();
  });

  it('ignore a file that cannot be read, with a warning that names the variable but not its value', () => {
    const { transport, warnings } = resolve({}, { OTEL_EXPORTER_OTLP_CERTIFICATE: join(folder, 'missing') });
    expect(transport.tls).toBeUndefined();
    expect(warnings).toEqual([expect.stringMatching(/^OTEL_EXPORTER_OTLP_CERTIFICATE: .*ENOENT/)]);
  });

  it('ignore a file with a damaged certificate, with a warning', () => {
    const damaged = mintCertificates().ca.replace(/\n.{40}/, '\n!');
    const { transport, warnings } = resolve({}, { OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca', damaged) });
    expect(transport.tls).toBeUndefined();
    expect(warnings).toEqual([expect.stringMatching(/^OTEL_EXPORTER_OTLP_CERTIFICATE: .*cannot be used/)]);
  });

  describe.each([
    'OTEL_EXPORTER_OTLP_CERTIFICATE',
    'OTEL_EXPORTER_OTLP_CLIENT_KEY',
    'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE',
  ])('%s', (variable) => {
    it.each([
      ['a pipe that nobody writes to', () => pipe(), 'it is not a regular file'],
      ['a device without an end', () => '/dev/zero', 'it is not a regular file'],
      ['a folder', () => folder, 'it is not a regular file'],
      ['a file of more than 1 MiB', () => file('large', 'x'.repeat(2 ** 20 + 1)), 'it is larger than 1 MiB'],
    ])('is ignored with a warning if it names %s, without waiting or reading for ever', (_, path, reason) => {
      const { transport, warnings } = resolve({}, { [variable]: path() });
      expect(transport.tls).toBeUndefined();
      expect(warnings).toEqual([`${variable}: its file cannot be read (${reason})`]);
    });
  });

  it('read a certificate through symbolic links, as Kubernetes mounts it', () => {
    const { ca } = mintCertificates();
    file('..data', ca);
    symlinkSync('..data', join(folder, 'ca.crt'));
    const { transport, warnings } = resolve({}, { OTEL_EXPORTER_OTLP_CERTIFICATE: join(folder, 'ca.crt') });
    expect(String(transport.tls?.ca)).toBe(ca);
    expect(warnings).toEqual([]);
  });

  it.each([
    [{ protocol: 'grpc' }, {}, 'http://localhost:4317'],
    [{}, { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'http://localhost:4317'],
    [{ protocol: 'grpc' }, { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' }, 'https://collector:4317'],
    [{ protocol: 'grpc', url: 'collector:1234' }, { OTEL_EXPORTER_OTLP_INSECURE: 'true' }, 'http://collector:1234'],
    [{ protocol: 'grpc', url: new URL('http://collector/v1/traces') }, {}, 'http://collector:4317'],
    [
      { protocol: 'http/protobuf' },
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' },
      'http://collector:4318/v1/traces',
    ],
  ] as const)('have the endpoint in the form of the protocol: %o with %o', (options, environment, url) => {
    expect(resolve(options, environment).transport.url).toBe(url);
  });

  it.each(['KEY', 'CERTIFICATE'])('ignore a client %s without its counterpart', (name) => {
    const { transport, warnings } = resolve({}, { [`OTEL_EXPORTER_OTLP_CLIENT_${name}`]: file(name) });
    expect(transport.tls).toBeUndefined();
    expect(warnings).toHaveLength(1);
  });

  it.each([
    [{ protocol: 'thrift' as never }, /protocol.*thrift/],
    [
      { protocol: 'grpc' as const, url: 'ipv4:collector' },
      /^url must be a host and port, or a URL, for grpc, got "ipv4:collector"$/,
    ],
    [{ concurrencyLimit: 0 }, /concurrencyLimit.*0/],
    [{ headers: 'authorization=secret' as never }, /^headers must be an object of strings, or a function$/],
    [
      { headers: new Headers({ authorization: 'secret' }) as never },
      /^headers must be an object of strings, or a function$/,
    ],
  ])('are refused if they are invalid: %o', (options, message) => {
    expect(() => resolve(options)).toThrow(message);
  });
});

describe('an option that both the code and the environment may give', () => {
  it.each([
    ['timeoutMillis', 'OTEL_EXPORTER_OTLP_TIMEOUT', '2000', 2_000, 500],
    ['compression', 'OTEL_EXPORTER_OTLP_COMPRESSION', 'gzip', 'gzip', 'none'],
    ['url', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'http://a/', 'http://a/', 'http://b/'],
  ])('is taken from the code first: %s', (name, variable, text, fromEnvironment, fromCode) => {
    expect(resolve({}, { [variable]: text }).transport).toMatchObject({ [name]: fromEnvironment });
    expect(resolve({ [name]: fromCode }, { [variable]: text }).transport).toMatchObject({ [name]: fromCode });
    expect(resolve({ [name]: fromCode }).transport).toMatchObject({ [name]: fromCode });
  });

  it.each([
    ['neither', {}, {}],
    ['the code', { protocol: 'http/protobuf' }, {}],
    ['the environment', {}, { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' }],
  ] as const)('has a protocol if %s gives one', (_, options, environment) => {
    expect(resolveExporterOptions('traces', options, () => {}, environment).protocol).toBe('http/protobuf');
  });

  it('is refused by its name if the headers are null', () => {
    expect(() => resolve({ headers: null as never })).toThrow('headers must be an object of strings, or a function');
  });
});
