import { describe, expect, it } from 'vitest';
import { otlpExporterVariables, readOtlpExporterEnvironment, type Signal } from '@spillway/config';

function read(signal: Signal, env: Record<string, string>) {
  const warnings: string[] = [];
  return { options: readOtlpExporterEnvironment(signal, env, (message) => warnings.push(message)), warnings };
}

describe.each([
  ['traces', 'TRACES', 'LOGS'],
  ['logs', 'LOGS', 'METRICS'],
  ['metrics', 'METRICS', 'TRACES'],
] as const)('the environment of the OTLP exporter for %s', (signal, infix, otherInfix) => {
  it('sets no option when it is empty', () => {
    expect(read(signal, {})).toEqual({ options: {}, warnings: [] });
  });

  it.each([
    ['TIMEOUT', '2500', 'timeoutMillis', 2500, '9'],
    ['TIMEOUT', '0', 'timeoutMillis', Infinity, '9'],
    ['COMPRESSION', 'GZIP', 'compression', 'gzip', 'none'],
    ['COMPRESSION', 'none', 'compression', 'none', 'gzip'],
    ['PROTOCOL', 'HTTP/protobuf', 'protocol', 'http/protobuf', 'grpc'],
    ['CERTIFICATE', '/etc/ca.pem', 'certificateFile', '/etc/ca.pem', '/other'],
    ['CLIENT_KEY', 'key.pem', 'clientKeyFile', 'key.pem', '/other'],
    ['CLIENT_CERTIFICATE', 'C:\\certs\\client.pem', 'clientCertificateFile', 'C:\\certs\\client.pem', '/other'],
    ['INSECURE', 'true', 'insecure', true, 'false'],
    ['HEADERS', 'a=1', 'headers', { a: '1' }, 'a=2'],
  ])("reads both forms of %s=%s, and the signal's own form wins", (name, value, option, expected, common) => {
    const own = `OTEL_EXPORTER_OTLP_${infix}_${name}`;
    const base = `OTEL_EXPORTER_OTLP_${name}`;
    expect(read(signal, { [base]: value })).toEqual({ options: { [option]: expected }, warnings: [] });
    expect(read(signal, { [own]: value })).toEqual({ options: { [option]: expected }, warnings: [] });
    expect(read(signal, { [own]: value, [base]: common }).options).toEqual({ [option]: expected });
    expect(read(signal, { [`OTEL_EXPORTER_OTLP_${otherInfix}_${name}`]: value })).toEqual({
      options: {},
      warnings: [],
    });
  });

  it('tells which variable each option comes from', () => {
    const own = `OTEL_EXPORTER_OTLP_${infix}_TIMEOUT`;
    expect(
      otlpExporterVariables(signal, {
        [own]: '1',
        OTEL_EXPORTER_OTLP_TIMEOUT: '2',
        OTEL_EXPORTER_OTLP_HEADERS: 'a=1',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'none such',
      }),
    ).toEqual({
      timeoutMillis: own,
      headers: 'OTEL_EXPORTER_OTLP_HEADERS',
    });
  });

  it('appends the path of the signal to the common endpoint, and uses its own endpoint unchanged', () => {
    const base = { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector:4318/otlp/' };
    expect(read(signal, base).options).toEqual({ url: `https://collector:4318/otlp/v1/${signal}` });
    expect(read(signal, { ...base, [`OTEL_EXPORTER_OTLP_${infix}_ENDPOINT`]: 'http://own:1234' }).options).toEqual({
      url: 'http://own:1234/',
    });
  });

  it('falls back to the common endpoint if its own cannot be used', () => {
    const { options, warnings } = read(signal, {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
      [`OTEL_EXPORTER_OTLP_${infix}_ENDPOINT`]: 'own:4318',
    });
    expect(options).toEqual({ url: `http://collector:4318/v1/${signal}` });
    expect(warnings).toEqual([expect.stringContaining(`OTEL_EXPORTER_OTLP_${infix}_ENDPOINT="own:4318" is ignored`)]);
  });

  it('joins the headers of both forms, and its own value wins for each header', () => {
    const { options } = read(signal, {
      OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=common,tenant=t',
      [`OTEL_EXPORTER_OTLP_${infix}_HEADERS`]: 'authorization=own,extra=e',
    });
    expect(options).toEqual({ headers: { tenant: 't', authorization: 'own', extra: 'e' } });
  });

  it('shows no header in a warning, whatever is wrong with it', () => {
    for (const bad of [
      's3cret',
      '=s3cret',
      's3cret=',
      'a=s3cret%',
      's3cret%=a',
      'a=s3cret%0a',
      'a b=s3cret',
      'a=s3cret;s3cret',
    ]) {
      for (const name of ['OTEL_EXPORTER_OTLP_HEADERS', `OTEL_EXPORTER_OTLP_${infix}_HEADERS`]) {
        const { warnings } = read(signal, { [name]: bad });
        expect(warnings, bad).toHaveLength(1);
        expect(warnings[0], bad).toContain(name);
        expect(warnings[0], bad).not.toContain('s3cret');
      }
    }
  });

  it.each([
    ['PROTOCOL', 'http/json', 'protocol'],
    ['PROTOCOL', 'http/protobuf', 'protocol'],
    ['COMPRESSION', 'gzip', 'compression'],
    ['COMPRESSION', 'zstd', 'compression'],
    ['COMPRESSION', 'none', 'compression'],
  ])('takes %s=%s for all signals, and for one', (name, value, option) => {
    const others = { [`OTEL_EXPORTER_OTLP_${name}`]: 'nonsense' };
    expect(read(signal, { [`OTEL_EXPORTER_OTLP_${name}`]: value })).toMatchObject({ options: { [option]: value } });
    expect(read(signal, { ...others, [`OTEL_EXPORTER_OTLP_${infix}_${name}`]: value })).toMatchObject({
      options: { [option]: value },
    });
  });

  it.each([
    ['http://collector', 'http://collector:4317'],
    ['http://collector:80/path?x#y', 'http://collector:80'],
    ['HTTPS://user:pass@collector:443', 'https://user:pass@collector:443'],
    ['collector', 'https://collector:4317'],
    ['collector:4318', 'https://collector:4318'],
    ['[::1]:4317', 'https://[::1]:4317'],
    ['dns:collector:9', 'https://collector:9'],
    ['dns://1.1.1.1/collector', 'https://collector:4317'],
    ['unix:/run/otel.sock', 'unix:/run/otel.sock'],
    ['unix:///run/otel.sock', 'unix:/run/otel.sock'],
  ])('reads the endpoint %s for gRPC, in both forms', (endpoint, url) => {
    for (const name of ['OTEL_EXPORTER_OTLP_ENDPOINT', `OTEL_EXPORTER_OTLP_${infix}_ENDPOINT`]) {
      expect(read(signal, { OTEL_EXPORTER_OTLP_PROTOCOL: 'gRPC', [name]: endpoint })).toEqual({
        options: { protocol: 'grpc', url },
        warnings: [],
      });
      expect(readOtlpExporterEnvironment(signal, { [name]: endpoint }, undefined, 'grpc')).toEqual({ url });
    }
  });

  it.each([
    ['collector', 'http://collector:4317'],
    ['https://collector', 'https://collector:4317'],
    ['http://collector', 'http://collector:4317'],
  ])('turns TLS off for gRPC with INSECURE only if the endpoint %s has no scheme', (endpoint, url) => {
    const env = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
    expect(read(signal, { ...env, OTEL_EXPORTER_OTLP_INSECURE: 'true' }).options).toMatchObject({ url });
    expect(read(signal, { ...env, [`OTEL_EXPORTER_OTLP_${infix}_INSECURE`]: 'true' }).options).toMatchObject({ url });
  });

  it.each(['ipv4:1.2.3.4', 'unix:', ':4317', 'ftp://collector', 'a b'])(
    'ignores the endpoint %s for gRPC with a warning',
    (endpoint) => {
      const env = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
      const { options, warnings } = read(signal, env);
      expect(options).toEqual({ protocol: 'grpc' });
      expect(warnings).toEqual([expect.stringContaining('is ignored: expected a host and port')]);
    },
  );

  it.each([
    ['TIMEOUT', '10s'],
    ['TIMEOUT', '-1'],
    ['COMPRESSION', 'br'],
    ['PROTOCOL', 'http/xml'],
    ['ENDPOINT', 'collector:4318'],
  ])('ignores %s=%s with a warning', (name, value) => {
    const { options, warnings } = read(signal, { [`OTEL_EXPORTER_OTLP_${name}`]: value });
    expect(options).toEqual({});
    expect(warnings).toEqual([expect.stringContaining(`OTEL_EXPORTER_OTLP_${name}="${value}" is ignored: `)]);
  });

  it('treats a text that is not a boolean as false, which also wins over the common form', () => {
    const { options, warnings } = read(signal, {
      OTEL_EXPORTER_OTLP_INSECURE: 'true',
      [`OTEL_EXPORTER_OTLP_${infix}_INSECURE`]: 'yes',
    });
    expect(options).toEqual({ insecure: false });
    expect(warnings).toHaveLength(1);
  });

  it.each([
    [`OTEL_EXPORTER_OTLP_${infix}_INSECURE`, `OTEL_EXPORTER_OTLP_${infix}_ENDPOINT`],
    ['OTEL_EXPORTER_OTLP_INSECURE', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
  ])('warns that %s has no effect if the URL asks for TLS, and only then', (insecure, endpoint) => {
    expect(read(signal, { [insecure]: 'true', [endpoint]: 'https://collector' }).warnings).toEqual([
      `${insecure} has no effect: TLS is used, since ${endpoint} begins with https://`,
    ]);
    expect(read(signal, { [insecure]: 'true', [endpoint]: 'http://collector' }).warnings).toEqual([]);
    expect(read(signal, { [insecure]: 'false', [endpoint]: 'https://collector' }).warnings).toEqual([]);
  });
});

describe('the environment of the OTLP exporter for metrics', () => {
  it.each([
    ['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', 'Delta', { temporalityPreference: 'delta' }],
    ['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', 'LowMemory', { temporalityPreference: 'lowmemory' }],
    [
      'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION',
      'base2_exponential_bucket_histogram',
      { defaultHistogramAggregation: 'base2_exponential_bucket_histogram' },
    ],
  ])('reads %s=%s, which no other signal has', (name, value, options) => {
    expect(read('metrics', { [name]: value })).toEqual({ options, warnings: [] });
    expect(read('traces', { [name]: value })).toEqual({ options: {}, warnings: [] });
  });
});
