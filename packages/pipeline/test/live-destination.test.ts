import type { OtlpTransport } from '@spillway/otlp/transport';
import { createTransport } from '@spillway/otlp/transport';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { liveDestination } from '../src/live-destination.ts';

class SampleExporter {
  export(): void {}
}

const transportTo = (url: string, protocol: 'http/protobuf' | 'grpc' = 'http/protobuf', more = {}): OtlpTransport => {
  const transport = createTransport(protocol, 'traces', { url, ...more });
  onTestFinished(() => transport.shutdown());
  return transport;
};

describe('where a pipeline sends', () => {
  it.each([
    ['http://collector:4318/v1/traces', 'http://collector:4318/v1/traces'],
    ['https://me:secret@collector/v1/traces?key=secret', 'https://collector/v1/traces'],
    ['https://collector/3f9c0a7e/v1/traces', 'https://collector/***/v1/traces'],
  ])('is shown for %s as %s', (url, shown) => {
    expect(liveDestination(new SampleExporter(), transportTo(url))).toEqual({
      exporter: 'SampleExporter',
      url: shown,
      protocol: 'http/protobuf',
      proxy: undefined,
      hasClientCertificate: false,
    });
  });

  it('has no path over gRPC, because it is always the same', () => {
    expect(liveDestination(new SampleExporter(), transportTo('http://collector:4317', 'grpc'))).toMatchObject({
      url: 'http://collector:4317/',
      protocol: 'grpc',
    });
  });

  it('names the proxy without its credentials', () => {
    vi.stubEnv('HTTP_PROXY', 'http://me:secret@proxy:3128');
    onTestFinished(() => void vi.unstubAllEnvs());
    const destination = liveDestination(new SampleExporter(), transportTo('http://collector:4318/v1/traces'));
    expect(destination.proxy).toMatchObject({ protocol: 'http:', hostname: 'proxy', port: 3128 });
    expect(JSON.stringify(destination)).not.toMatch(/secret|bWU6c2VjcmV0/);
  });

  it('is not known of a foreign exporter', () => {
    expect(liveDestination(new SampleExporter(), undefined)).toMatchObject({
      exporter: 'SampleExporter',
      url: undefined,
      protocol: undefined,
    });
  });
});
