import { describe, expect, it } from 'vitest';
import { createHttpTransport } from '../../src/transport/http-transport.node.ts';
import { loadOnFirstUse } from '../../src/transport/load-on-first-use.ts';
import type { OtlpTransport } from '../../src/transport/transport.ts';
import { startServer } from './local-server.ts';
import { bodyOf, send } from './sending.ts';
import { describeHttpContract } from './http-contract.ts';

const HOST = 'collector:4318';

describeHttpContract('loaded on first use', (options) =>
  loadOnFirstUse({ host: HOST, load: async () => createHttpTransport(options) }),
);

/** A transport over HTTP to a server that counts, and how often it was loaded. */
async function counted() {
  const server = await startServer((response) => response.end());
  const http = createHttpTransport({ url: server.url, proxyEnv: {} });
  const counts = { loads: 0 };
  const load = async (): Promise<OtlpTransport> => {
    counts.loads += 1;
    return http;
  };
  return { server, http, counts, load };
}

describe('a transport that is loaded on first use', () => {
  it('is not loaded before it is asked to send, and once for all requests', async () => {
    const { server, http, counts, load } = await counted();
    const transport = loadOnFirstUse({ host: HOST, origin: 'http://collector:4318', load });
    expect(transport.origin).toBe('http://collector:4318');
    expect(counts.loads).toBe(0);
    await Promise.all([send(transport), send(transport)]);
    await send(transport);
    expect(counts.loads).toBe(1);
    expect(server.requests).toHaveLength(3);
    await http.shutdown();
  });

  it('says that nobody was reached when it cannot be loaded, keeps secrets to itself, and is loaded again for the next request', async () => {
    const { server, http, load } = await counted();
    let fails = true;
    const transport = loadOnFirstUse({
      host: HOST,
      load: () => (fails ? Promise.reject(new Error('no package at http://registry/grpc?token=secret')) : load()),
    });
    expect(await send(transport)).toMatchObject({
      kind: 'retry',
      unreachable: true,
      error: {
        name: 'TransportNotLoadedError',
        message: 'the transport to collector:4318 cannot be loaded: no package at http://registry',
      },
    });
    fails = false;
    expect(await send(transport)).toEqual({ kind: 'delivered' });
    expect(server.requests).toHaveLength(1);
    await http.shutdown();
  });

  it('ends an attempt at once that is aborted while it is loaded, and loads on', async () => {
    const { http, load } = await counted();
    const loaded = Promise.withResolvers<void>();
    const transport = loadOnFirstUse({ host: HOST, load: () => loaded.promise.then(load) });
    const abort = new AbortController();
    const attempt = send(transport, bodyOf('spans'), abort.signal);
    abort.abort();
    expect(await attempt).toMatchObject({ kind: 'retry', error: { name: 'AbortError' } });
    loaded.resolve();
    expect(await send(transport)).toEqual({ kind: 'delivered' });
    await http.shutdown();
  });

  it('sends nothing that was loaded after the shutdown, and shuts that down as well', async () => {
    const { server, http, load } = await counted();
    const loaded = Promise.withResolvers<void>();
    const transport = loadOnFirstUse({ host: HOST, load: () => loaded.promise.then(load) });
    const attempt = send(transport);
    await transport.shutdown();
    loaded.resolve();
    expect(await attempt).toMatchObject({ kind: 'retry', error: { name: 'TransportClosedError' } });
    expect(await send(http)).toMatchObject({ kind: 'retry', error: { name: 'TransportClosedError' } });
    expect(server.requests).toHaveLength(0);
  });

  it('hands over no request before it is loaded, and its own afterwards', async () => {
    const { server, http, load } = await counted();
    const transport = loadOnFirstUse({ host: HOST, load });
    expect(transport.requestOf?.(bodyOf('spans'))).toBeUndefined();
    await send(transport);
    expect(transport.requestOf?.(bodyOf('spans'))).toMatchObject({ protocol: 'http/protobuf', url: server.url });
    await http.shutdown();
  });

  it('is loaded again after a load that throws at once', async () => {
    const { http, load } = await counted();
    let calls = 0;
    const transport = loadOnFirstUse({
      host: HOST,
      load: () => {
        calls += 1;
        if (calls === 1) throw new Error('not installed');
        return load();
      },
    });
    expect(await send(transport)).toMatchObject({ kind: 'retry', unreachable: true });
    expect(await send(transport)).toEqual({ kind: 'delivered' });
    await http.shutdown();
  });
});
