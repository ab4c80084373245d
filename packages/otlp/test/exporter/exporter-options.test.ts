import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OtlpExporterOptions, resolveExporterOptions } from '../../src/exporter/exporter-options.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'exporter-options-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function resolve(options: OtlpExporterOptions = {}, env: Record<string, string> = {}) {
  const warnings: string[] = [];
  const { transport, concurrencyLimit } = resolveExporterOptions('traces', options, (message) => warnings.push(message), env);
  return { transport, concurrencyLimit, warnings };
}

function file(name: string): string {
  const path = join(folder, name);
  writeFileSync(path, name);
  return path;
}

describe('options of an OTLP exporter', () => {
  it('lead to the collector of this host where nothing is said', () => {
    expect(resolve().transport.url).toBe('http://localhost:4318/v1/traces');
    expect(resolveExporterOptions('logs', {}, () => {}, {}).transport.url).toBe('http://localhost:4318/v1/logs');
  });

  it('join the headers of the environment and of the code, whose header wins whatever its case', async () => {
    const env = { OTEL_EXPORTER_OTLP_HEADERS: 'x-team=blue,authorization=old' };
    const expected = { 'x-team': 'blue', Authorization: 'new' };
    expect(resolve({ headers: { Authorization: 'new' } }, env).transport.headers).toEqual(expected);
    const { headers } = resolve({ headers: () => ({ Authorization: 'new' }) }, env).transport;
    expect(typeof headers === 'function' ? await headers() : headers).toEqual(expected);
  });

  it('read certificates from the files that the environment names', () => {
    const { transport, warnings } = resolve({}, {
      OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca'),
      OTEL_EXPORTER_OTLP_CLIENT_KEY: file('key'),
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: file('cert'),
    });
    expect(String(transport.tls?.ca)).toBe('ca');
    expect(String(transport.tls?.key)).toBe('key');
    expect(String(transport.tls?.cert)).toBe('cert');
    expect(warnings).toEqual([]);
  });

  it('warn of a file that cannot be read, by variable and never by value, and go on without', () => {
    const { transport, warnings } = resolve({}, { OTEL_EXPORTER_OTLP_CERTIFICATE: join(folder, 'missing') });
    expect(transport.tls).toBeUndefined();
    expect(warnings).toEqual([expect.stringMatching(/^OTEL_EXPORTER_OTLP_CERTIFICATE: .*ENOENT/)]);
  });

  it('use no client key without its certificate', () => {
    const { transport, warnings } = resolve({}, { OTEL_EXPORTER_OTLP_CLIENT_KEY: file('key') });
    expect(transport.tls).toBeUndefined();
    expect(warnings).toHaveLength(1);
  });

  it.each([
    [{ protocol: 'grpc' as never }, /protocol.*grpc/],
    [{ concurrencyLimit: 0 }, /concurrencyLimit.*0/],
    [{ headers: 'authorization=secret' as never }, /^headers must be an object of strings, or a function$/],
    [{ headers: new Headers({ authorization: 'secret' }) as never }, /^headers must be an object of strings, or a function$/],
  ])('are refused when wrong: %o', (options, message) => {
    expect(() => resolve(options)).toThrow(message);
  });
});
