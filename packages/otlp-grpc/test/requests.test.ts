import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ServerCredentials, status } from '@grpc/grpc-js';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Signal } from '@spillway/config';
import type { OtlpTransport, OtlpTransportOptions } from '@spillway/otlp/parts';
import { startProxy } from '../../otlp/test/transport/local-proxy.ts';
import { fixture } from '../../otlp/test/transport/local-server.ts';
import { bodyOf, errorOf, send } from '../../otlp/test/transport/sending.ts';
import { createGrpcTransport } from '../src/index.ts';
import { answerOk, failWith, startGrpcServer } from './grpc-server.ts';
import { framed, GRPC_ANSWER, startHttp2Server } from './http2-server.ts';

const warn = vi.fn<(message: string) => void>();

beforeEach(() => {
  diag.setLogger({ error: warn, warn, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN);
});

afterEach(() => {
  warn.mockReset();
  diag.disable();
  vi.unstubAllEnvs();
});

const create = (options: OtlpTransportOptions, signal: Signal = 'traces'): OtlpTransport => {
  const transport = createGrpcTransport(signal, options);
  onTestFinished(async () => transport.shutdown());
  return transport;
};

describe('a request over gRPC', () => {
  it.each(['traces', 'logs', 'metrics'] as const)(
    'carries the chunks as one message to the service of %s',
    async (signal) => {
      const server = await startGrpcServer(answerOk);
      const transport = createGrpcTransport(signal, { url: server.url });
      expect(await send(transport, bodyOf('sp', '', 'an', 's'))).toEqual({ kind: 'delivered' });
      await transport.shutdown();
      const service = { traces: 'trace.v1.Trace', logs: 'logs.v1.Logs', metrics: 'metrics.v1.Metrics' }[signal];
      expect(server.calls).toMatchObject([
        { method: `/opentelemetry.proto.collector.${service}Service/Export`, message: Buffer.from('spans') },
      ]);
    },
  );

  it('has the headers as metadata, bytes from base64, and the user information of the url', async () => {
    const server = await startGrpcServer(answerOk);
    const headers = { 'X-Tenant': 'a', 'Key-Bin': Buffer.of(1, 200).toString('base64'), 'User-Agent': 'x' };
    await send(create({ url: server.url.replace('//', '//us%20er:p%40ss@'), headers }));
    const metadata = server.calls[0]?.metadata;
    expect(metadata?.get('x-tenant')).toEqual(['a']);
    expect(metadata?.get('key-bin')).toEqual([Buffer.of(1, 200)]);
    expect(metadata?.get('authorization')).toEqual([`Basic ${Buffer.from('us er:p@ss').toString('base64')}`]);
    expect(metadata?.get('user-agent')[0]).not.toContain('x ');
  });

  it('leaves out a header that gRPC does not allow, and says so once, without its value', async () => {
    const server = await startGrpcServer(answerOk);
    const transport = create({ url: server.url, headers: { 'x-name': 'M\u00fcller', 'x-other': '1' } });
    expect(await send(transport)).toEqual({ kind: 'delivered' });
    await send(transport);
    expect(server.calls[0]?.metadata.get('x-name')).toEqual([]);
    expect(server.calls[0]?.metadata.get('x-other')).toEqual(['1']);
    expect(warn.mock.calls.map(([line]) => line)).toEqual([expect.stringMatching(/the header x-name is left out/)]);
  });

  it('has no secrets in the message of its failure, if the server repeats them', async () => {
    const server = await startGrpcServer((answer, call, raw) =>
      failWith(status.INTERNAL, `no key ${String(call.metadata.get('api-key')[0])}`)(answer, call, raw),
    );
    const outcome = await send(create({ url: server.url, headers: { 'api-key': 'a-long-secret-key' } }));
    expect(errorOf(outcome).message).toMatch(/answered INTERNAL: no key \*\*\*$/);
  });
});

describe('an endpoint of gRPC', () => {
  it.each([
    ['a path', '/v1/traces'],
    ['a slash', '/'],
    ['nothing', ''],
  ])('may have %s after its port', async (_, path) => {
    const server = await startGrpcServer(answerOk);
    expect(await send(create({ url: `${server.url}${path}` }))).toEqual({ kind: 'delivered' });
    expect(await send(create({ url: new URL(`${server.url}${path}`) }))).toEqual({ kind: 'delivered' });
  });

  it.each([
    ['http://collector', 'http://collector:4317'],
    ['http://collector:80/v1/traces', 'http://collector:80'],
    ['https://collector', 'https://collector:4317'],
    ['https://collector:443', 'https://collector:443'],
    ['collector', 'https://collector:4317'],
    ['collector:55680', 'https://collector:55680'],
    ['dns:///collector:1234', 'https://collector:1234'],
    ['http://[::1]', 'http://[::1]:4317'],
    ['unix:///run/otel.sock', 'unix:/run/otel.sock'],
    ['unix:otel.sock', 'unix:otel.sock'],
  ])('names its origin: %s', (url, origin) => {
    expect(create({ url }).origin).toBe(origin);
  });

  it('may be a socket of Unix', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'otlp-grpc-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'otel.sock');
    const server = await startGrpcServer(answerOk, { path: `unix:${path}` });
    expect(await send(create({ url: `unix://${path}` }))).toEqual({ kind: 'delivered' });
    expect(server.calls).toHaveLength(1);
  });

  it('of another machine is reached through the proxy of the variables, as gRPC reads them', async () => {
    const server = await startGrpcServer(answerOk);
    const proxy = await startProxy(server.port);
    vi.stubEnv('grpc_proxy', `http://127.0.0.1:${proxy.port}`);
    expect(await send(create({ url: 'http://collector.test:4317' }))).toEqual({ kind: 'delivered' });
    expect(proxy.seen.map(({ line }) => line)).toEqual(['CONNECT collector.test:4317']);
    expect(await send(create({ url: server.url }))).toEqual({ kind: 'delivered' });
    expect(await send(create({ url: 'http://collector.invalid:4317', proxyEnv: {} }))).toMatchObject({
      unreachable: true,
    });
    expect(create({ url: 'http://collector.invalid:4317' }).requestOf?.(bodyOf('spans'))?.proxy).toMatchObject({
      hostname: '127.0.0.1',
      port: proxy.port,
      variable: 'grpc_proxy',
    });
    vi.stubEnv('no_grpc_proxy', 'collector.invalid');
    expect(create({ url: 'http://collector.invalid:4317' }).requestOf?.(bodyOf('spans'))).toMatchObject({
      url: expect.stringMatching(/^http:\/\/collector\.invalid:4317\//),
    });
    expect(await send(create({ url: 'http://collector.invalid:4317' }))).toMatchObject({ unreachable: true });
    expect(proxy.seen).toHaveLength(1);
  });
});

describe('TLS of gRPC', () => {
  const trusting = { ca: fixture('ca.cert') };
  const pair = { cert_chain: Buffer.from(fixture('server.cert')), private_key: Buffer.from(fixture('server.key')) };

  it('trusts the given authority', async () => {
    const server = await startGrpcServer(answerOk, { credentials: ServerCredentials.createSsl(null, [pair]) });
    expect(await send(create({ url: server.url, tls: trusting }))).toEqual({ kind: 'delivered' });
    expect(await send(create({ url: `localhost:${server.port}`, tls: trusting }))).toEqual({ kind: 'delivered' });
  });

  it('retries if the certificate is invalid, with the reason, and not as unreachable', async () => {
    const server = await startGrpcServer(answerOk, { credentials: ServerCredentials.createSsl(null, [pair]) });
    const outcome = await send(create({ url: server.url }));
    expect(outcome).toEqual({
      kind: 'retry',
      error: expect.objectContaining({ name: 'ConnectionError', code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }),
    });
    expect(await send(create({ url: server.url, tls: { rejectUnauthorized: false } }))).toEqual({ kind: 'delivered' });
  });

  it('requires a certificate for the name in the url, or for the given name', async () => {
    const server = await startGrpcServer(answerOk, { credentials: ServerCredentials.createSsl(null, [pair]) });
    expect(await send(create({ url: server.url, tls: { ...trusting, servername: 'other.test' } }))).toMatchObject({
      kind: 'retry',
      error: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
    expect(await send(create({ url: server.url, tls: { ...trusting, servername: 'collector.test' } }))).toEqual({
      kind: 'delivered',
    });
  });

  it('presents a client certificate if the server demands one', async () => {
    const credentials = ServerCredentials.createSsl(Buffer.from(trusting.ca), [pair], true);
    const server = await startGrpcServer(answerOk, { credentials });
    const client = { cert: fixture('client.cert'), key: fixture('client.key'), passphrase: 'test-only-passphrase' };
    expect(await send(create({ url: server.url, tls: trusting }))).toMatchObject({ kind: 'retry' });
    expect(server.calls).toEqual([]);
    expect(await send(create({ url: server.url, tls: { ...trusting, ...client } }))).toEqual({ kind: 'delivered' });
  });

  it('takes new certificates after a failed attempt', async () => {
    const server = await startGrpcServer(answerOk, { credentials: ServerCredentials.createSsl(null, [pair]) });
    let tls: { ca?: string } = {};
    const transport = create({ url: server.url, tls: () => tls });
    expect(await send(transport)).toMatchObject({ kind: 'retry' });
    tls = trusting;
    expect(await send(transport)).toEqual({ kind: 'delivered' });
  });

  it('throws at construction for a certificate that cannot be used', () => {
    expect(() => createGrpcTransport('traces', { url: 'https://collector', tls: { ca: 'no certificate' } })).toThrow(
      /^tls has a certificate, key or passphrase that cannot be used/,
    );
  });
});

describe('compression over gRPC', () => {
  const large = () => bodyOf(new Uint8Array(50_000).fill(7));

  /** A server of HTTP/2 that keeps what each request has on the wire. */
  async function startWire(takes: (encoding: string | undefined) => boolean) {
    const requests: { encoding: string | undefined; frame: Buffer }[] = [];
    const server = await startHttp2Server((stream, headers, frame) => {
      const encoding = headers['grpc-encoding'] as string | undefined;
      requests.push({ encoding, frame });
      if (takes(encoding)) {
        stream.respond(GRPC_ANSWER, { waitForTrailers: true });
        stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.end(framed(new Uint8Array(0)));
      } else {
        const message = 'grpc: Decompressor is not installed for grpc-encoding "gzip"';
        stream.respond({ ...GRPC_ANSWER, 'grpc-status': '12', 'grpc-message': message }, { endStream: true });
      }
    });
    return { ...server, requests };
  }

  it('is gzip on request, and not for small messages', async () => {
    const server = await startWire(() => true);
    const transport = create({ url: server.url, compression: 'gzip' });
    expect(await send(transport, large())).toEqual({ kind: 'delivered' });
    expect(await send(transport, bodyOf('small'))).toEqual({ kind: 'delivered' });
    const [first, second] = server.requests;
    expect(first?.encoding).toBe('gzip');
    expect(first?.frame[0]).toBe(1);
    expect(first?.frame.length).toBeLessThan(gzipSync(new Uint8Array(50_000)).length + 100);
    expect(second?.frame).toEqual(framed(Buffer.from('small')));
  });

  it('is none by default', async () => {
    const server = await startWire(() => true);
    await send(create({ url: server.url }), large());
    expect(server.requests).toEqual([{ encoding: undefined, frame: framed(new Uint8Array(50_000).fill(7)) }]);
  });

  it('is gzip instead of zstd, with a line that says so', async () => {
    const server = await startWire(() => true);
    await send(create({ url: server.url, compression: 'zstd' }), large());
    expect(server.requests[0]?.encoding).toBe('gzip');
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining('gRPC cannot compress with zstd here, requests are compressed with gzip'),
    );
  });

  it('is left off from then on if the collector answers UNIMPLEMENTED, and no batch is lost', async () => {
    const server = await startWire((encoding) => encoding !== 'gzip');
    const transport = create({ url: server.url, compression: 'gzip' });
    expect(await send(transport, large())).toEqual({ kind: 'delivered' });
    expect(await send(transport, large())).toEqual({ kind: 'delivered' });
    expect(server.requests.map(({ encoding }) => encoding)).toEqual(['gzip', undefined, undefined]);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/does not take requests compressed with gzip \(it answered UNIMPLEMENTED\), from now on/),
    );
  });

  it('is kept if the collector answers UNIMPLEMENTED without it, too', async () => {
    const server = await startWire(() => false);
    const transport = create({ url: server.url, compression: 'gzip' });
    expect(await send(transport, large())).toMatchObject({ kind: 'refused', error: { code: 'UNIMPLEMENTED' } });
    expect(await send(transport, large())).toMatchObject({ kind: 'refused' });
    expect(server.requests.map(({ encoding }) => encoding)).toEqual(['gzip', undefined, 'gzip', undefined]);
    expect(warn).not.toHaveBeenCalled();
  });
});
