import { once } from 'node:events';
import { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createHttpTransport } from '../../src/transport/http-transport.node.ts';
import type { OtlpTransport } from '../../src/transport/transport.ts';
import type { OtlpTransportOptions, RequestToSign } from '../../src/transport/transport-options.ts';
import type { AnsweringThreadData } from './answering-thread.ts';
import { blockThreadPool } from './blocked-thread-pool.ts';
import { startProxy } from './local-proxy.ts';
import { fixture, startServer, startSocketServer } from './local-server.ts';
import { runChild } from './run-child.ts';
import { bodyOf, errorOf, never, partialSuccessBytes, send } from './sending.ts';
import { describeHttpContract } from './http-contract.ts';

describeHttpContract('node:http', createHttpTransport);

const create = (options: OtlpTransportOptions): OtlpTransport => {
  const transport = createHttpTransport({ proxyEnv: {}, ...options });
  onTestFinished(async () => transport.shutdown());
  return transport;
};

const serverTls = { cert: fixture('server.cert'), key: fixture('server.key') };
const trusting = { ca: fixture('ca.cert') };

describe('node:http: the host of a signature', () => {
  it.for([
    ['of the url', 'localhost', {}],
    ['of the user', 'localhost', { headers: { Host: 'collector.test' } }],
    ['of a url with the dot of the root', 'localhost.', {}],
  ] as const)('is the one that is sent: %s', async ([, hostname, options]) => {
    const server = await startServer((response) => response.end());
    let signed: string | undefined;
    const sign = ({ headers }: RequestToSign) => {
      signed = headers['host'];
      return { authorization: 'signed' };
    };
    const url = `http://${hostname}:${server.port}`;
    const agent = new Agent({ lookup: (_, __, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]) });
    const transport = create({ url, sign, httpAgentOptions: () => agent, ...options });
    expect(await send(transport)).toEqual({ kind: 'delivered' });
    expect(server.requests[0]?.headers.host).toBe(signed);
    expect(signed).toBe('headers' in options ? 'collector.test' : `localhost:${server.port}`);
  });
});

describe('node:http: TLS', () => {
  it('trusts the given authority, as text or as bytes', async () => {
    const server = await startServer((response) => response.end(), serverTls);
    expect(await send(create({ url: server.url, tls: trusting }))).toEqual({ kind: 'delivered' });
    expect(await send(create({ url: server.url, tls: { ca: new TextEncoder().encode(trusting.ca) } }))).toEqual({
      kind: 'delivered',
    });
    const ofAnotherRealm = runInNewContext('Uint8Array.from(bytes)', {
      bytes: new TextEncoder().encode(trusting.ca),
    }) as Uint8Array;
    expect(await send(create({ url: server.url, tls: { ca: ofAnotherRealm } }))).toEqual({ kind: 'delivered' });
  });

  it('keeps one connection, even for large bodies', async () => {
    const server = await startServer((response) => response.end('\n\0'), serverTls);
    const transport = create({ url: server.url, tls: trusting });
    for (let count = 0; count < 8; count++)
      expect(await send(transport, bodyOf(new Uint8Array(2 ** 20)))).toEqual({ kind: 'delivered' });
    expect(server.connections).toHaveLength(1);
  });

  it('retries if the certificate is invalid, with the reason, and not as unreachable', async () => {
    const server = await startServer((response) => response.end(), serverTls);
    const outcome = await send(create({ url: server.url }));
    expect(outcome).toEqual({
      kind: 'retry',
      error: expect.objectContaining({ name: 'ConnectionError', code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }),
    });
    expect(errorOf(outcome).message).toMatch(/^TLS with localhost:\d+ failed \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\): /);
    expect(server.requests).toEqual([]);
  });

  it('sends despite an invalid certificate if it is told not to reject it', async () => {
    const server = await startServer((response) => response.end(), serverTls);
    expect(await send(create({ url: server.url, tls: { rejectUnauthorized: false } }))).toEqual({ kind: 'delivered' });
  });

  it('requires a certificate for the name in the url, or for the given name', async () => {
    const server = await startServer((response) => response.end(), serverTls);
    const otherName = await send(create({ url: server.url, tls: { ...trusting, servername: 'other.test' } }));
    expect(otherName).toMatchObject({ kind: 'retry', error: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } });
    expect(await send(create({ url: server.url, tls: { ...trusting, servername: 'collector.test' } }))).toEqual({
      kind: 'delivered',
    });
  });

  it('presents a client certificate if the server demands one', async () => {
    const server = await startServer((response) => response.end(), {
      ...serverTls,
      ca: trusting.ca,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const client = { cert: fixture('client.cert'), key: fixture('client.key'), passphrase: 'test-only-passphrase' };
    expect(await send(create({ url: server.url, tls: trusting }))).toMatchObject({ kind: 'retry' });
    expect(server.requests).toEqual([]);
    expect(await send(create({ url: server.url, tls: { ...trusting, ...client } }))).toEqual({ kind: 'delivered' });
  });

  it.for([
    ['ca', { ca: 'no certificate' }],
    ['ca', { ca: trusting.ca.replace(/\n.{40}/, '\n!') }],
    ['cert', { cert: fixture('client.cert'), key: fixture('server.key') }],
    ['key', { cert: fixture('client.cert'), key: 'no key' }],
    ['passphrase', { cert: fixture('client.cert'), key: fixture('client.key'), passphrase: 'wrong' }],
  ] as const)('throws at construction for a %s that cannot be used', ([, tls]) => {
    expect(() => createHttpTransport({ url: 'https://localhost', tls })).toThrow(
      /^tls has a certificate, key or passphrase that cannot be used/,
    );
  });

  it('reports that the port does not speak TLS', async () => {
    const server = await startServer((response) => response.end());
    expect(await send(create({ url: server.url.replace('http:', 'https:') }))).toMatchObject({
      kind: 'retry',
      error: { message: expect.stringMatching(/^TLS with 127\.0\.0\.1:\d+ failed/) },
    });
  });
});

describe('node:http: connections', () => {
  it('uses one connection for consecutive requests', async () => {
    const server = await startServer((response) => response.end('\n\0'));
    const transport = create({ url: server.url });
    for (let count = 0; count < 8; count++) await send(transport, bodyOf(new Uint8Array(2 ** 20)));
    expect(server.connections).toHaveLength(1);
  });

  it('opens one for each request without keepAlive', async () => {
    const server = await startServer((response) => response.end());
    const transport = create({ url: server.url, keepAlive: false });
    await send(transport);
    await send(transport);
    expect(server.connections).toHaveLength(2);
    await server.closed(2);
  });

  it('opens no more than maxSockets, and an attempt that waits for one can be aborted', async () => {
    const answers: (() => void)[] = [];
    const server = await startServer((response) => answers.push(() => response.end()));
    const transport = create({ url: server.url, maxSockets: 1 });
    const first = send(transport);
    const controller = new AbortController();
    const waiting = send(transport, bodyOf('never sent'), controller.signal);
    const last = send(transport, bodyOf('last'));
    await vi.waitUntil(() => answers.length === 1);
    controller.abort();
    expect(await waiting).toMatchObject({ kind: 'retry', error: { name: 'AbortError' } });
    answers[0]?.();
    expect(await first).toEqual({ kind: 'delivered' });
    await vi.waitUntil(() => answers.length === 2);
    answers[1]?.();
    expect(await last).toEqual({ kind: 'delivered' });
    expect(server.requests.map(({ body }) => body.toString())).toEqual(['spans', 'last']);
  });

  it('closes a connection before the time that the server announces', async () => {
    const server = await startServer((response) => response.setHeader('keep-alive', 'timeout=2').end());
    // Node's agent closes a second before the announced time; here nearly the whole two seconds before.
    await send(create({ url: server.url, httpAgentOptions: { agentKeepAliveTimeoutBuffer: 1980 } }));
    await server.closed(1);
  });

  it('closes idle ones at shutdown, and lets requests in flight finish', async () => {
    const answers: (() => void)[] = [];
    const server = await startServer((response) => answers.push(() => response.end()));
    const transport = create({ url: server.url });
    const first = send(transport);
    const second = send(transport);
    await vi.waitUntil(() => answers.length === 2);
    answers.shift()?.();
    await first;
    await transport.shutdown();
    await server.closed(1);
    answers.shift()?.();
    expect(await second).toEqual({ kind: 'delivered' });
    await server.closed(2);
  });

  it('closes all idle ones when one of them turns out to be dead', async () => {
    const dead = new Set<Socket>();
    const waiting: Socket[] = [];
    const server = await startSocketServer((socket) => {
      socket.on('data', () => {
        if (dead.has(socket)) return;
        waiting.push(socket);
        if (waiting.length < 3) return;
        for (const answered of waiting.splice(0)) answered.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
      });
    });
    const transport = create({ url: server.url, timeoutMillis: 200 });
    const outcomes = Promise.all([send(transport), send(transport), send(transport)]);
    await vi.waitUntil(() => server.connections.length === 3);
    expect((await outcomes).map(({ kind }) => kind)).toEqual(['delivered', 'delivered', 'delivered']);

    for (const socket of server.connections) dead.add(socket);
    expect(await send(transport)).toMatchObject({ kind: 'retry', timedOut: true });
    await server.closed(3);
  });

  it("uses the user's agent, or a promised one, and never destroys it", async () => {
    const server = await startServer((response) => response.end());
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const asked: string[] = [];
    const give = (protocol: string) => (asked.push(protocol), agent);
    const transports = [
      create({ url: server.url, httpAgentOptions: give }),
      create({ url: server.url, httpAgentOptions: async (protocol) => give(protocol) }),
    ];
    for (const transport of transports) {
      expect(await send(transport)).toEqual({ kind: 'delivered' });
      expect(await send(transport)).toEqual({ kind: 'delivered' });
      await transport.shutdown();
    }
    expect(asked).toEqual(['http:', 'http:']);
    expect(server.connections).toHaveLength(1);
    expect(Object.values(agent.freeSockets).flat()).toHaveLength(1);
  });

  it.for(['abort', 'time out'])(
    'has closed the connection of an abandoned request before it settles (%s)',
    async (end) => {
      const controller = new AbortController();
      const agent = new Agent({ keepAlive: true });
      onTestFinished(() => agent.destroy());
      const server = await startSocketServer((socket) => {
        socket.pause();
        if (end === 'abort') controller.abort();
      });
      const transport = create({ url: server.url, httpAgentOptions: () => agent, timeoutMillis: 100 });
      await send(transport, bodyOf(new Uint8Array(32 * 2 ** 20)), controller.signal);
      expect(Object.values(agent.sockets).flat()).toEqual([]);
    },
  );

  it('throws for a function that returns no agent, and retries if the promise rejects', async () => {
    expect(() => createHttpTransport({ url: 'http://localhost', httpAgentOptions: () => 1 as never })).toThrow(
      /^httpAgentOptions must give an http\.Agent, got 1/,
    );
    const transport = create({
      url: 'http://localhost',
      httpAgentOptions: async () => Promise.reject(new Error('no agent')),
    });
    await new Promise((resolve) => setImmediate(resolve));
    const outcome = await send(transport);
    expect(outcome).toMatchObject({ kind: 'retry', error: { message: 'no agent' } });
  });

  it("passes the user's options to its agent", async () => {
    const server = await startServer((response) => response.end());
    const transport = create({
      url: 'http://unknown.invalid/v1/traces',
      httpAgentOptions: { host: '127.0.0.1', port: server.port },
    });
    expect(await send(transport)).toEqual({ kind: 'delivered' });
  });
});

describe('node:http: without a thread to decompress an answer', () => {
  it('an answered attempt ends at its deadline, with the outcome of its status', async () => {
    const server = await startServer((response) =>
      response.setHeader('content-encoding', 'gzip').end(gzipSync(partialSuccessBytes(2, ''))),
    );
    await blockThreadPool();
    const outcome = await send(create({ url: server.url, timeoutMillis: 200 }));
    expect(outcome).toMatchObject({ kind: 'delivered', error: { name: 'ResponseBodyError' } });
  });
});

describe('node:http: a success that comes before the body was sent', () => {
  /** More than the kernel takes, so that the client knows that the rest has not been received. */
  const body = () => bodyOf(new Uint8Array(32 * 2 ** 20));
  const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';

  it('does not count if the connection then breaks', async () => {
    const server = await startSocketServer(
      (socket) => void socket.once('data', () => socket.write(answer, () => socket.resetAndDestroy())),
    );
    const outcome = await send(create({ url: server.url }), body());
    expect(outcome).toEqual({ kind: 'retry', error: expect.objectContaining({ name: 'ConnectionError' }) });
  });

  it('does not count if the body is not read in time', async () => {
    const server = await startSocketServer((socket) => void socket.once('data', () => socket.pause().write(answer)));
    const outcome = await send(create({ url: server.url, timeoutMillis: 200 }), body());
    expect(outcome).toMatchObject({ kind: 'retry', timedOut: true });
    server.connections[0]?.resume();
    await server.closed(1);
  });

  it.for(['keep-alive', 'close'])('counts if the body is then read (connection: %s)', async (connection) => {
    let received = 0;
    const server = await startSocketServer((socket) => {
      socket.once('data', () =>
        socket.write(`HTTP/1.1 200 OK\r\nconnection: ${connection}\r\ncontent-length: 0\r\n\r\n`),
      );
      socket.on('data', (chunk) => (received += chunk.length));
    });
    const transport = create({ url: server.url });
    expect(await send(transport, body())).toEqual({ kind: 'delivered' });
    await vi.waitUntil(() => received > body().byteLength);
  });
});

describe('a URL that is not in its normal form', () => {
  it.for([
    ['/a/../b//c/?', '/b//c/'],
    ['/%7Eteam/%2f?key=a%20b+c&d', '/%7Eteam/%2f?key=a%20b+c&d'],
    ['/a b', '/a%20b'],
  ] as const)('is sent as the URL standard normalizes it: %s', async ([given, sent]) => {
    const server = await startServer((response) => response.end());
    await send(create({ url: `${new URL(server.url).origin}${given}` }));
    expect(server.requests[0]?.url).toBe(sent);
  });
});

describe('node:http: a deadline that passes while the event loop is blocked', () => {
  /** Even a busy machine has a request at the server by then. */
  const timeoutMillis = 1_000;
  /** If the thread has not answered by then, it never does: a test that blocks cannot be ended by its own limit. */
  const patienceMillis = 10_000;

  interface Thread {
    readonly url: string;
    readonly requests: readonly string[];
    readonly answers: Int32Array;
  }

  /**
   * Blocks the event loop for that long, and until the thread has given that many answers, because a busy machine may
   * be slow to run it. It blocks in a turn after which timers come first, as if a request of the application were served.
   */
  const block = async (millis: number, thread: Thread, answers: number) => {
    await new Promise((resolve) => setImmediate(resolve));
    const start = performance.now();
    const isOver = (limit: number) => performance.now() - start >= limit;
    while (!isOver(millis) || (Atomics.load(thread.answers, 0) < answers && !isOver(patienceMillis)));
  };

  /** In a separate thread: it answers while this one is blocked, and records its requests. */
  async function startThread(): Promise<Thread> {
    const answers = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const workerData: AnsweringThreadData = { answersAfterMillis: 20, answers };
    const server = new Worker(fileURLToPath(new URL('answering-thread.ts', import.meta.url)), { workerData });
    onTestFinished(async () => void (await server.terminate()));
    const [port] = (await once(server, 'message')) as [number];
    const requests: string[] = [];
    server.on('message', (body: string) => requests.push(body));
    return { url: `http://127.0.0.1:${port}/v1/traces`, requests, answers };
  }

  it.for(['abort', 'time out'])('does not end an attempt whose answer has come (%s)', async (end) => {
    const server = await startThread();
    const transport = create({ url: server.url, timeoutMillis: end === 'abort' ? Infinity : timeoutMillis });
    const controller = new AbortController();
    const sending = send(transport, bodyOf('spans'), controller.signal);
    await vi.waitUntil(() => server.requests.length === 1, { interval: 1 });
    if (end === 'abort') setTimeout(() => controller.abort(), 100);
    await block(end === 'abort' ? 200 : timeoutMillis, server, 1);
    expect(await sending).toEqual({ kind: 'delivered' });
  });

  it('does not send a request that had no connection yet', async () => {
    const server = await startThread();
    const sending = send(create({ url: server.url, timeoutMillis: 20 }), bodyOf('late'));
    await block(100, server, 0);
    expect(await sending).toMatchObject({ kind: 'retry', timedOut: true });
    expect(await send(create({ url: server.url }), bodyOf('in time'))).toEqual({ kind: 'delivered' });
    await vi.waitUntil(() => server.requests.length > 0);
    expect(server.requests).toEqual(['in time']);
  });
});

describe('node:http: proxies from the environment', () => {
  afterEach(() => diag.disable());

  it('forwards plain requests, with the credentials of the proxy', async () => {
    const server = await startServer((response) => response.end());
    const proxy = await startProxy(server.port);
    const transport = create({
      url: 'http://collector.test:4318/v1/traces',
      proxyEnv: { HTTP_PROXY: `http://us:p%40ss@127.0.0.1:${proxy.port}`, HTTPS_PROXY: 'http://other.invalid' },
    });
    expect(await send(transport)).toEqual({ kind: 'delivered' });
    expect(proxy.seen).toEqual([
      {
        line: 'POST http://collector.test:4318/v1/traces',
        host: 'collector.test:4318',
        authorization: `Basic ${btoa('us:p@ss')}`,
      },
    ]);
    expect(server.requests[0]?.body.toString()).toBe('spans');
  });

  it('tunnels TLS, and keeps the tunnel', async () => {
    const server = await startServer((response) => response.end(), serverTls);
    const proxy = await startProxy(server.port);
    const transport = create({
      url: 'https://collector.test/v1/traces',
      tls: trusting,
      proxyEnv: { https_proxy: `us:pw@127.0.0.1:${proxy.port}` },
    });
    for (let count = 0; count < 3; count++)
      expect(await send(transport, bodyOf(new Uint8Array(2 ** 20)))).toEqual({ kind: 'delivered' });
    expect(proxy.seen).toEqual([
      { line: 'CONNECT collector.test:443', host: 'collector.test:443', authorization: `Basic ${btoa('us:pw')}` },
    ]);
    expect(server.requests[2]?.headers).not.toHaveProperty('proxy-authorization');
    await transport.shutdown();
    await server.closed(1);
  });

  it('checks the name of the collector, not of the proxy, in a tunnel', async () => {
    const server = await startServer((response) => response.end(), serverTls);
    const proxy = await startProxy(server.port);
    const outcome = await send(
      create({
        url: 'https://other.test/',
        tls: trusting,
        proxyEnv: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` },
      }),
    );
    expect(outcome).toEqual({
      kind: 'retry',
      error: expect.objectContaining({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }),
    });
  });

  it('connects directly to a collector that NO_PROXY names', async () => {
    const server = await startServer((response) => response.end());
    const transport = create({
      url: server.url,
      proxyEnv: { HTTP_PROXY: 'http://proxy.invalid', NO_PROXY: 'collector.test' },
    });
    expect(await send(transport)).toEqual({ kind: 'delivered' });
  });

  it.for([
    [407, false],
    [403, false],
    [502, true],
  ] as const)('retries if the proxy answers %i to CONNECT', async ([status, unreachable]) => {
    const proxy = await startProxy(0, status);
    const outcome = await send(
      create({ url: 'https://collector.test/', proxyEnv: { HTTPS_PROXY: `http://u:secret@127.0.0.1:${proxy.port}` } }),
    );
    expect(outcome).toMatchObject({ kind: 'retry', error: { code: 'ERR_PROXY_TUNNEL' } });
    expect('unreachable' in outcome).toBe(unreachable);
    expect(errorOf(outcome).message).toContain(`the proxy 127.0.0.1:${proxy.port} answered ${status}`);
    expect(errorOf(outcome).message).not.toContain('secret');
  });

  it('reports the collector as unreachable if the proxy is', async () => {
    const outcome = await send(
      create({ url: 'https://collector.test/', proxyEnv: { HTTPS_PROXY: 'http://127.0.0.1:1' } }),
    );
    expect(outcome).toMatchObject({ kind: 'retry', unreachable: true, error: { code: 'ECONNREFUSED' } });
  });

  it('times out, and can be aborted, while the proxy does not answer CONNECT', async () => {
    const proxy = await startProxy(0, 'hang');
    const transport = create({
      url: 'https://collector.test/',
      timeoutMillis: 40,
      proxyEnv: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` },
    });
    expect(await send(transport)).toMatchObject({ kind: 'retry', timedOut: true, unreachable: true });
    const controller = new AbortController();
    const aborted = send(
      create({ url: 'https://collector.test/', proxyEnv: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` } }),
      bodyOf('x'),
      controller.signal,
    );
    await vi.waitUntil(() => proxy.seen.length === 2);
    controller.abort();
    expect(await aborted).toMatchObject({ kind: 'retry', error: { name: 'AbortError' } });
  });

  it('stops waiting at shutdown for a proxy that does not answer CONNECT', async () => {
    const server = await startSocketServer((socket) => void socket.resume());
    const transport = create({
      url: 'https://collector.test/',
      proxyEnv: { HTTPS_PROXY: `http://127.0.0.1:${server.port}` },
    });
    const sending = send(transport);
    await vi.waitUntil(() => server.connections.length === 1);
    await transport.shutdown();
    expect(await sending).toMatchObject({ kind: 'retry', error: { code: 'ERR_PROXY_TUNNEL' } });
    await server.closed(1);
  });

  it.for([
    ['something other than HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', 'answered 0'],
    ['an endless line', 'x'.repeat(20_000), 'sent an endless answer'],
    ['too many bytes', 'HTTP/1.1 200 OK\r\n\r\nmore', 'sent more than its answer'],
  ])('retries if the proxy answers CONNECT with %s', async ([, answer, message]) => {
    const server = await startSocketServer((socket) => void socket.once('data', () => socket.write(answer ?? '')));
    const outcome = await send(
      create({ url: 'https://collector.test/', proxyEnv: { HTTPS_PROXY: `http://127.0.0.1:${server.port}` } }),
    );
    expect(outcome).toMatchObject({
      kind: 'retry',
      error: { code: 'ERR_PROXY_TUNNEL', message: expect.stringContaining(message ?? '') },
    });
    await server.closed(1);
  });

  it.for(['socks5://127.0.0.1:1080', 'http://['])(
    'ignores an invalid proxy, with a warning that does not show its value (%s)',
    async (value) => {
      const warn = vi.fn<(message: string) => void>();
      diag.setLogger(
        { error() {}, warn, info() {}, debug() {}, verbose() {} },
        { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
      );
      create({ url: 'http://collector.test/', proxyEnv: { HTTP_PROXY: value } });
      expect(warn.mock.calls).toEqual([['OTLP transport: HTTP_PROXY is not the URL of an HTTP proxy and is ignored']]);
    },
  );
});

describe('node:http: the process', () => {
  const child = fileURLToPath(new URL('sending-process.ts', import.meta.url));

  it('ends while a request is not answered', async () => {
    const server = await startServer(() => {});
    expect(await runChild(child, server.url)).toEqual({ code: 0, output: 'sent\n' });
  });

  it('ends while a connection is idle', async () => {
    const server = await startServer((response) => response.end());
    expect(await runChild(child, server.url, 'await')).toEqual({ code: 0, output: 'sent\ndelivered\n' });
  });

  it('ends while TLS is not answered', async () => {
    const server = await startSocketServer(() => {});
    expect(await runChild(child, server.url.replace('http:', 'https:'))).toEqual({ code: 0, output: 'sent\n' });
  });

  it('ends while a proxy does not answer CONNECT', async () => {
    const proxy = await startProxy(0, 'hang');
    expect(await runChild(child, 'https://collector.test/', '', `http://localhost:${proxy.port}`)).toEqual({
      code: 0,
      output: 'sent\n',
    });
  });

  it('ends while a request in a tunnel is not answered', async () => {
    const server = await startServer(() => {}, serverTls);
    const proxy = await startProxy(server.port);
    const ended = runChild(child, 'https://collector.test/', 'until-read', `http://localhost:${proxy.port}`);
    await vi.waitUntil(() => server.requests.length === 1, { timeout: 10_000 });
    expect(await ended).toEqual({ code: 0, output: 'sent\n' });
  });
});

it('node:http: concurrent attempts send one request each', async () => {
  const server = await startServer((response) => response.writeHead(503).end());
  const transport = create({ url: server.url });
  const outcomes = await Promise.all(Array.from({ length: 20 }, async () => transport.send(bodyOf('spans'), never())));
  expect(outcomes.every(({ kind }) => kind === 'throttled')).toBe(true);
  expect(server.requests).toHaveLength(20);
});

it('node:http: the connection to a proxy that does not answer CONNECT is closed when the attempt times out', async () => {
  const server = await startSocketServer((socket) => void socket.resume());
  const transport = create({
    url: 'https://collector.test/',
    timeoutMillis: 40,
    proxyEnv: { HTTPS_PROXY: `http://127.0.0.1:${server.port}` },
  });
  expect(await send(transport)).toMatchObject({ kind: 'retry', timedOut: true });
  await vi.waitUntil(() => server.connections[0]?.destroyed, { timeout: 10_000 });
});

it("node:http: the error about invalid certificates has OpenSSL's as its cause", () => {
  expect(() => create({ url: 'https://localhost', tls: { ca: 'none' } })).toThrow(
    expect.objectContaining({ cause: expect.objectContaining({ code: 'ERR_OSSL_PEM_NO_START_LINE' }) }),
  );
});
