import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { LookupFunction } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttpTransport } from '../../src/transport/http-transport.node.ts';
import type { OtlpTransport } from '../../src/transport/transport.ts';
import type { OtlpTransportOptions } from '../../src/transport/transport-options.ts';
import { startProxy } from './local-proxy.ts';
import { fixture, startServer } from './local-server.ts';
import { send } from './sending.ts';

const create = (options: OtlpTransportOptions): OtlpTransport => {
  const transport = createHttpTransport({ proxyEnv: {}, ...options });
  onTestFinished(async () => transport.shutdown());
  return transport;
};

/** A look-up that resolves any name to this machine. */
function nameService(): { readonly asked: string[]; readonly lookup: LookupFunction } {
  const asked: string[] = [];
  return {
    asked,
    lookup: (hostname, { all }, callback) => {
      asked.push(hostname);
      if (all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
      else callback(null, '127.0.0.1', 4);
    },
  };
}

/** A server that records the names that TLS clients ask for. */
async function startTlsServer() {
  const serverNames: string[] = [];
  const server = await startServer((response) => response.end(), {
    cert: fixture('server.cert'),
    key: fixture('server.key'),
    SNICallback(name, callback) {
      serverNames.push(name);
      callback(null);
    },
  });
  return { server, serverNames };
}

const trusting = { ca: fixture('ca.cert') };

describe('a host with a trailing dot', () => {
  it('is looked up with the dot, and named without it in TLS and HTTP', async () => {
    const { server, serverNames } = await startTlsServer();
    const { asked, lookup } = nameService();
    expect(
      await send(
        create({ url: `https://collector.test.:${server.port}/`, tls: trusting, httpAgentOptions: { lookup } }),
      ),
    ).toEqual({ kind: 'delivered' });
    expect(asked).toEqual(['collector.test.']);
    expect(serverNames).toEqual(['collector.test']);
    expect(server.requests[0]?.headers.host).toBe(`collector.test:${server.port}`);
  });

  it('is also named without the dot within the tunnel of a proxy', async () => {
    const { server, serverNames } = await startTlsServer();
    const proxy = await startProxy(server.port);
    const transport = create({
      url: 'https://collector.test./',
      tls: trusting,
      proxyEnv: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` },
    });
    expect(await send(transport)).toEqual({ kind: 'delivered' });
    expect(proxy.seen.map(({ line }) => line)).toEqual(['CONNECT collector.test.:443']);
    expect(serverNames).toEqual(['collector.test']);
    expect(server.requests[0]?.headers.host).toBe('collector.test');
  });

  it('may be given as the expected server name', async () => {
    const { server, serverNames } = await startTlsServer();
    expect(await send(create({ url: server.url, tls: { ...trusting, servername: 'collector.test.' } }))).toEqual({
      kind: 'delivered',
    });
    expect(serverNames).toEqual(['collector.test']);
  });
});

describe('an address', () => {
  it('is not sent as a server name, but the certificate must still be for it', async () => {
    const { server, serverNames } = await startTlsServer();
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => void warnings.push(warning);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));
    const to = (host: string, servername?: string) =>
      send(create({ url: server.url.replace('localhost', host), tls: { ...trusting, servername } }));
    expect(await to('127.0.0.1')).toEqual({ kind: 'delivered' });
    expect(await to('127.0.0.1', '127.0.0.1')).toEqual({ kind: 'delivered' });
    expect(await to('127.0.0.1', '10.0.0.1')).toMatchObject({
      kind: 'retry',
      error: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
    expect(serverNames).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  });

  it.for(['http://collector.test/', 'https://collector.test/'])(
    'of a proxy with TLS leaves nothing on standard error (%s)',
    async (url) => {
      const proxy = await startProxy(0, 502, true);
      const child = fileURLToPath(new URL('sending-process.ts', import.meta.url));
      const running = spawn(process.execPath, [child, url, 'await', `https://127.0.0.1:${proxy.port}`], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const [printed] = await Promise.all([text(running.stderr), once(running, 'close')]);
      expect(printed).toBe('');
    },
  );
});

it('the certificate of a proxy must be for the name of the proxy, not of the collector', async () => {
  const server = await startServer((response) => response.end());
  const proxy = await startProxy(server.port, 200, true);
  const transport = create({
    url: 'http://other.test/',
    httpAgentOptions: trusting,
    proxyEnv: { HTTP_PROXY: `https://localhost:${proxy.port}` },
  });
  expect(await send(transport)).toEqual({ kind: 'delivered' });
  expect(proxy.seen.map(({ host }) => host)).toEqual(['other.test']);
});
