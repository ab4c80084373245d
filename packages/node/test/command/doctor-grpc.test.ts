import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  type Certificates,
  type Collector,
  type CollectorOptions,
  type Fault,
  mintCertificates,
  startCollector,
} from '../../../../test/collector/src/index.ts';
import { answerOk, failWith, SERVICES, startGrpcServer, status } from '../../../otlp-grpc/test/grpc-server.ts';
import { startProxy } from '../../../otlp/test/transport/local-proxy.ts';
import { useTemporaryFolder } from '../temporary-folder.ts';
import { doctor, endpoint, expectEach, type Variables } from './examination.ts';
import { run } from './run.ts';
import { servers } from './servers.ts';

const { file, path } = useTemporaryFolder();
const OVER_GRPC: Variables = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
const OVER_HTTP: Variables = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' };
let certificates: Certificates;

beforeAll(() => {
  certificates = mintCertificates();
});

const trusting = (): Variables => ({ OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca.pem', certificates.ca) });

async function collectorWith(options: CollectorOptions = {}): Promise<Collector> {
  const collector = await startCollector({ grpc: true, ...options });
  onTestFinished(() => collector.close());
  return collector;
}

const at = (url: string, scheme = 'http'): Variables => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: url.replace(/^\w+:/, `${scheme}:`),
});

describe('a collector that takes gRPC', () => {
  it('gets one item of each signal, and is reported as ok', async () => {
    const collector = await collectorWith();
    await expectEach({ ...OVER_GRPC, OTEL_EXPORTER_OTLP_ENDPOINT: collector.grpcUrl }, 'accepted', /accepted/);
    expect(collector.counts()).toMatchObject({ requests: 3, items: 3 });
  });

  it('gets them over TLS with a client certificate, too', async () => {
    const { ca, server, client } = certificates;
    const collector = await collectorWith({ tls: { ...server, clientCa: ca } });
    const env = {
      ...OVER_GRPC,
      ...trusting(),
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.grpcUrl,
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: file('client.pem', client.cert),
      OTEL_EXPORTER_OTLP_CLIENT_KEY: file('client.key', client.key),
    };
    await expectEach(env, 'accepted', /accepted/);
  });
});

describe('a proxy between here and a collector that takes gRPC', () => {
  const FAR: Variables = { ...OVER_GRPC, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.test:4317' };

  it('is used and named', async () => {
    const collector = await collectorWith();
    const proxy = await startProxy(Number(new URL(collector.grpcUrl).port));
    const through = { host: `localhost:${proxy.port}`, from: 'grpc_proxy' };
    const env = { ...FAR, grpc_proxy: `http://${through.host}`, https_proxy: 'http://other.test:3128' };
    expect(await doctor(env)).toMatchObject({ kinds: ['accepted', 'accepted', 'accepted'], proxy: through });
    expect(collector.counts()).toMatchObject({ requests: 3, items: 3 });
    const { out } = await run(['doctor'], env);
    expect(out).toMatch(
      /traces to http:\/\/collector\.test:4317\S* \(.*\) through the proxy localhost:\d+ \(grpc_proxy\)/,
    );
  });

  it('is named if it cannot be reached, or opens no tunnel', async () => {
    const words = /through the proxy localhost:\d+, because https_proxy is set\..*in no_grpc_proxy or no_proxy/;
    for (const port of [await servers.nobody(), await servers.refusingProxy(407)])
      await expectEach({ ...FAR, https_proxy: `http://localhost:${port}` }, 'proxy', words);
  });

  it('is not used for a host that a variable exempts, or that is this machine', async () => {
    const collector = await collectorWith();
    const proxy = { grpc_proxy: `http://localhost:${await servers.nobody()}` };
    expect(await doctor({ ...OVER_GRPC, ...proxy, OTEL_EXPORTER_OTLP_ENDPOINT: collector.grpcUrl })).toMatchObject({
      kinds: ['accepted', 'accepted', 'accepted'],
      proxy: undefined,
    });
    expect((await doctor({ ...FAR, ...proxy, no_proxy: 'collector.test' })).proxy).toBeUndefined();
  });
});

describe('the diagnosis of a status of gRPC', () => {
  it.each<[string, Fault, string, RegExp]>([
    ['UNAUTHENTICATED', { kind: 'status', code: 401 }, 'unauthorized', /OTEL_EXPORTER_OTLP_TRACES_HEADERS/],
    ['PERMISSION_DENIED', { kind: 'status', code: 403 }, 'forbidden', /OTEL_EXPORTER_OTLP_HEADERS/],
    ['INVALID_ARGUMENT', { kind: 'status', code: 400 }, 'refused', /would reject it again/],
    ['INTERNAL', { kind: 'status', code: 500 }, 'server_error', /look at their logs/],
    ['UNAVAILABLE', { kind: 'status', code: 503 }, 'throttled', /overloaded, or not ready yet/],
    [
      'RESOURCE_EXHAUSTED with RetryInfo',
      { kind: 'status', code: 429, retryAfter: '30' },
      'throttled',
      /asks to wait 30 s/,
    ],
    ['a message that is too large', { kind: 'max-body', bytes: 1 }, 'too_large', /limits of the server/],
    ['partial success', { kind: 'partial-success', rejected: 1, message: 'too old' }, 'partial_success', /too old/],
    ['an answer that is not OTLP', { kind: 'garbage-response' }, 'not_otlp', /does not look like OTLP/],
    ['no answer because the connection is reset', { kind: 'reset' }, 'connection_broken', /closes the connection/],
  ])('tells the cause of %s', async (_, fault, kind, words) => {
    const collector = await collectorWith();
    collector.setFault(fault);
    await expectEach({ ...OVER_GRPC, OTEL_EXPORTER_OTLP_ENDPOINT: collector.grpcUrl }, kind, words);
  });

  it('tells that a quota is used up', async () => {
    const { url } = await startGrpcServer(failWith(status.RESOURCE_EXHAUSTED, 'quota of today'));
    await expectEach({ ...at(url), ...OVER_GRPC }, 'refused', /quota of today.*does not say when/);
  });

  it('tells apart a signal that the server has no service for', async () => {
    const { url } = await startGrpcServer(answerOk, { services: SERVICES.slice(0, 2) });
    const found = await doctor({ ...at(url), ...OVER_GRPC });
    expect(found).toMatchObject({ kinds: ['accepted', 'accepted', 'no_service'], code: 1 });
    const { out } = await run(['doctor'], { ...at(url), ...OVER_GRPC });
    expect(out).toMatch(/no service for metrics\. .*pipeline of metrics\..*OTEL_METRICS_EXPORTER=none/);
  });

  it('tells that it is another server of gRPC', async () => {
    const { url } = await startGrpcServer(answerOk, { services: [] });
    const words = /UNIMPLEMENTED.*pipeline of traces.*correct host and port in OTEL_EXPORTER_OTLP_ENDPOINT/;
    await expectEach({ ...at(url), ...OVER_GRPC }, 'no_service', words);
  });
});

describe('the diagnosis of an answer in HTTP, where gRPC is expected', () => {
  it.each([400, 404, 405, 415])('tells that a %i comes from no server of gRPC', async (code) => {
    const port = await servers.http2((_, response) => response.writeHead(code).end());
    const words = /to http\/protobuf, or set .*usually 4317.*proxy.*begin with \/opentelemetry\.proto\.collector/;
    await expectEach({ ...endpoint(port), ...OVER_GRPC }, 'http', words);
  });

  it('tells that a page comes from no server of gRPC', async () => {
    const port = await servers.http2((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Welcome</html>');
    });
    await expectEach({ ...endpoint(port), ...OVER_GRPC }, 'http', /text\/html.*to http\/protobuf/);
  });

  it.each([
    [401, 'unauthorized', /HEADERS/],
    [502, 'server_error', /gateway or proxy/],
    [503, 'throttled', /overloaded/],
  ] as const)('tells the cause of a %i of a proxy', async (code, kind, words) => {
    const port = await servers.http2((_, response) => response.writeHead(code).end());
    await expectEach({ ...endpoint(port), ...OVER_GRPC }, kind, words);
  });
});

/** Each row is a mistake, what the doctor says of it, and the variables that it proposes instead. */
describe('what the doctor proposes works', () => {
  interface Mistake {
    readonly name: string;
    readonly isSecure: boolean;
    readonly wrong: (collector: Collector) => Variables;
    readonly kind: string;
    readonly advice: RegExp;
    readonly right: (collector: Collector) => Variables;
  }

  it.each<Mistake>([
    {
      name: 'gRPC to the port of HTTP: another protocol',
      isSecure: false,
      wrong: ({ url }) => ({ ...at(url, 'http'), ...OVER_GRPC }),
      kind: 'http',
      advice: /Set OTEL_EXPORTER_OTLP_PROTOCOL to http\/protobuf/,
      right: ({ url }) => ({ ...at(url, 'http'), ...OVER_HTTP }),
    },
    {
      name: 'gRPC to the port of HTTP: another port',
      isSecure: false,
      wrong: ({ url }) => ({ ...at(url, 'http'), ...OVER_GRPC }),
      kind: 'http',
      advice: /or set OTEL_EXPORTER_OTLP_ENDPOINT to the port for gRPC/,
      right: ({ grpcUrl }) => ({ ...at(grpcUrl, 'http'), ...OVER_GRPC }),
    },
    {
      name: 'HTTP to the port of gRPC: another protocol',
      isSecure: false,
      wrong: ({ grpcUrl }) => at(grpcUrl, 'http'),
      kind: 'grpc',
      advice: /Set OTEL_EXPORTER_OTLP_PROTOCOL to grpc/,
      right: ({ grpcUrl }) => ({ ...at(grpcUrl, 'http'), ...OVER_GRPC }),
    },
    {
      name: 'HTTP to the port of gRPC: another port',
      isSecure: false,
      wrong: ({ grpcUrl }) => at(grpcUrl, 'http'),
      kind: 'grpc',
      advice: /or set OTEL_EXPORTER_OTLP_ENDPOINT to the OTLP\/HTTP port/,
      right: ({ url }) => at(url, 'http'),
    },
    {
      name: 'gRPC with TLS to a port without',
      isSecure: false,
      wrong: ({ grpcUrl }) => ({ ...at(grpcUrl, 'https'), ...OVER_GRPC }),
      kind: 'grpc',
      advice: /without TLS\. Write http:\/\//,
      right: ({ grpcUrl }) => ({ ...at(grpcUrl, 'http'), ...OVER_GRPC }),
    },
    {
      name: 'gRPC without TLS to a port with',
      isSecure: true,
      wrong: ({ grpcUrl }) => ({ ...at(grpcUrl, 'http'), ...OVER_GRPC }),
      kind: 'tls_required',
      advice: /Write https:\/\//,
      right: ({ grpcUrl }) => ({ ...at(grpcUrl, 'https'), ...OVER_GRPC }),
    },
    {
      name: 'gRPC with TLS to the port of HTTP with TLS',
      isSecure: true,
      wrong: ({ url }) => ({ ...at(url, 'https'), ...OVER_GRPC }),
      kind: 'http',
      advice: /Set OTEL_EXPORTER_OTLP_PROTOCOL to http\/protobuf/,
      right: ({ url }) => ({ ...at(url, 'https'), ...OVER_HTTP }),
    },
    {
      name: 'HTTP with TLS to the port of gRPC with TLS',
      isSecure: true,
      wrong: ({ grpcUrl }) => at(grpcUrl, 'https'),
      kind: 'grpc',
      advice: /Set OTEL_EXPORTER_OTLP_PROTOCOL to grpc/,
      right: ({ grpcUrl }) => ({ ...at(grpcUrl, 'https'), ...OVER_GRPC }),
    },
    {
      name: 'HTTP without TLS to the port of gRPC with TLS',
      isSecure: true,
      wrong: ({ grpcUrl }) => at(grpcUrl, 'http'),
      kind: 'tls_required',
      advice: /Write https:\/\//,
      right: ({ grpcUrl }) => ({ ...at(grpcUrl, 'https'), ...OVER_GRPC }),
    },
    {
      name: 'gRPC with TLS to the port of HTTP without',
      isSecure: false,
      wrong: ({ url }) => ({ ...at(url, 'https'), ...OVER_GRPC }),
      kind: 'http',
      advice: /without TLS.*Set OTEL_EXPORTER_OTLP_PROTOCOL to http\/protobuf/,
      right: ({ url }) => ({ ...at(url, 'http'), ...OVER_HTTP }),
    },
  ])('$name', async ({ isSecure, wrong, kind, advice, right }) => {
    const collector = await collectorWith(isSecure ? { tls: certificates.server } : {});
    await expectEach({ ...trusting(), ...wrong(collector) }, kind, advice);
    expect(collector.counts().items).toBe(0);
    await expectEach({ ...trusting(), ...right(collector) }, 'accepted', /accepted/);
  });

  it('for a port of TLS that speaks both HTTP/1.1 and HTTP/2, as OTLP/HTTP does in Go', async () => {
    const port = await servers.httpWithTls(certificates.server, ({ url }, response) =>
      response.writeHead(url?.startsWith('/v1/') ? 200 : 404).end(),
    );
    const env = { ...endpoint(port, 'https'), ...trusting() };
    await expectEach({ ...env, ...OVER_GRPC }, 'http', /404.*to http\/protobuf/);
    await expectEach({ ...env, ...OVER_HTTP }, 'accepted', /accepted/);
  });
});

describe('the diagnosis of a failed handshake of gRPC', () => {
  it.each<[string, keyof Certificates['badServers'], string]>([
    ['is self-signed', 'selfSigned', 'tls_self_signed'],
    ['has expired', 'expired', 'tls_expired'],
    ['is for another name', 'otherHost', 'tls_wrong_host'],
  ])('tells that the certificate %s', async (_, server, kind) => {
    const port = await servers.http2WithTls(certificates.badServers[server]);
    await expectEach({ ...endpoint(port, 'https'), ...trusting(), ...OVER_GRPC }, kind, /certificate/i);
  });

  it('tells that the signer of the certificate is unknown', async () => {
    const env = { ...endpoint(await servers.http2WithTls(certificates.server), 'https'), ...OVER_GRPC };
    await expectEach(env, 'tls_unknown_authority', /PEM file with that authority/);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('tells that a client certificate is required (%s)', async (maxVersion) => {
    const { ca, server } = certificates;
    const port = await servers.http2WithTls({ ...server, ca, requestCert: true, maxVersion });
    const env = { ...endpoint(port, 'https'), ...trusting(), ...OVER_GRPC };
    await expectEach(env, 'tls_client_certificate', /requires a client certificate/);
  });
});

describe('the diagnosis without a connection of gRPC', () => {
  it('tells that the name cannot be resolved', () =>
    expectEach(
      { ...OVER_GRPC, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.invalid:4317' },
      'name_not_resolved',
      /collector\.invalid cannot be resolved/,
    ));

  it('tells that nothing listens', async () =>
    expectEach({ ...endpoint(await servers.nobody()), ...OVER_GRPC }, 'connection_refused', /Nothing listens/));

  it('tells that nothing listens at a socket of Unix', async () => {
    const socketPath = path('no.sock');
    const env = { ...OVER_GRPC, OTEL_EXPORTER_OTLP_ENDPOINT: `unix:${socketPath}` };
    await expectEach(env, 'connection_refused', new RegExp(`Nothing listens at unix:${socketPath}`));
  });

  it('tells that nothing answers a connection attempt', async () =>
    expectEach({ ...endpoint(await servers.deaf()), ...OVER_GRPC }, 'unreachable', /firewalls/, ['--timeout', '300']));
});
