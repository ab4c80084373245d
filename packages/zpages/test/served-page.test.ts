import { once } from 'node:events';
import { createServer, connect, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { serveZpages } from '../src/index.ts';
import { ask, pipelineNamed, reportOf, ScriptedExporter, servedPage } from './served-page.ts';

const TOKEN = 'correct-horse-battery-staple';

/** The lines of `diag`, until the end of the test. */
function loggedLines(): string[] {
  const lines: string[] = [];
  const add = (text: string) => void lines.push(text);
  diag.setLogger(
    { error: add, warn: add, info: add, debug() {}, verbose() {} },
    { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true },
  );
  onTestFinished(() => diag.disable());
  return lines;
}

async function connected(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

describe('the live page', () => {
  it('is one address with several forms', async () => {
    const { url } = await servedPage({ name: 'shop' });
    const types = await Promise.all(
      ['text/html', 'application/json', 'text/plain', '*/*'].map(
        async (accept) => (await ask(url, { accept })).headers['content-type'],
      ),
    );
    expect(types).toEqual([
      'text/html; charset=utf-8',
      'application/json',
      'text/plain; charset=utf-8',
      'text/plain; charset=utf-8',
    ]);
    expect((await ask(`${url}?format=json`, { accept: 'text/html' })).headers['content-type']).toBe('application/json');
    expect((await ask(`${url}?format=xml`)).status).toBe(400);
    expect((await ask(url)).body).toMatch(/^shop\n/);
  });

  it('tells the counters of each pipeline of this thread, as getMetrics does, and forgets it when it has ended', async () => {
    const { url } = await servedPage();
    const pipeline = pipelineNamed('Told');
    for (let item = 0; item < 130; item += 1) pipeline.offer(`item ${item}`);
    const told = await vi.waitFor(() => reportOf('Told', url));
    await pipeline.flushItems(5_000);
    expect(told).toMatchObject({
      signal: 'logs',
      lost: 30,
      leftOut: 0,
      destination: { exporter: 'ScriptedExporter' },
      metrics: { eventsOffered: 130, eventsRefused: 30, droppedByReason: { queue_full: 30 } },
    });
    await vi.waitFor(async () => {
      const later = await reportOf('Told', url);
      expect(later.metrics).toEqual(JSON.parse(JSON.stringify(pipeline.getMetrics())));
      expect(later.lastAttempt).toMatchObject({ result: 'accepted', isOk: true });
    });
    await pipeline.shutdown();
    await vi.waitFor(() => expect(reportOf('Told', url)).rejects.toThrow('no pipeline'));
  });

  it('tells failures of a pipeline that began before it, and of one that began later', async () => {
    const exporter = new ScriptedExporter();
    exporter.result = { code: 1, error: new Error('POST https://me:secret@host/?key=secret failed') };
    const before = pipelineNamed('Before', exporter);
    const { url } = await servedPage();
    const after = pipelineNamed('After', exporter);
    for (const pipeline of [before, after]) {
      pipeline.offer('item');
      await pipeline.flushItems(300).catch(() => undefined);
    }
    for (const name of ['Before', 'After'])
      await vi.waitFor(async () =>
        expect((await reportOf(name, url)).failures[0]?.found).toContain('POST https://***@host/?*** failed'),
      );
    for (const accept of ['application/json', 'text/html', 'text/plain'])
      expect((await ask(url, { accept })).body).not.toContain('secret');
  });

  it('sends events to each viewer, about one a second', async () => {
    const { url } = await servedPage();
    const socket = await connected(url);
    let received = '';
    socket.setEncoding('utf8').on('data', (text: string) => (received += text));
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n');
    await vi.waitFor(() => expect(received.match(/data: \{"name"/g)?.length).toBeGreaterThan(2), 10_000);
    expect(received).toContain('content-type: text/event-stream');
    expect(received).toContain('retry: 1000');
  });

  it('has no body and no stream for HEAD', async () => {
    const { url } = await servedPage();
    for (const accept of ['text/html', 'application/json', 'text/event-stream']) {
      const { status, body } = await ask(url, { accept }, { method: 'HEAD' });
      expect([status, body]).toEqual([200, '']);
    }
  });
});

describe('the security of the live page', () => {
  it('comes from headers that allow only its own style and script, and no other site to read or embed it', async () => {
    const { url } = await servedPage();
    const { headers, body } = await ask(url, { accept: 'text/html' });
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'$/,
    );
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      vary: 'Accept',
    });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect(body).not.toMatch(/ on[a-z]+=| style=|javascript:/i);
  });

  it.each([
    ['GET / HTTP/1.0', [], 403],
    ['GET / HTTP/1.0', ['Host:'], 403],
    ['GET / HTTP/1.1', [], 400],
    ['GET / HTTP/1.1', ['Host:'], 403],
    ['GET / HTTP/1.1', ['Host:  '], 403],
    ['GET / HTTP/1.1', ['Host: localhost', 'Host: evil.example'], 403],
    ['GET / HTTP/1.1', ['Host: localhost', 'host: localhost'], 403],
    ['GET / HTTP/1.1', ['Host: localhost', 'Origin: null'], 403],
    ['GET http://localhost/ HTTP/1.1', ['Host: evil.example'], 403],
    ['GET http://evil.example/ HTTP/1.1', ['Host: localhost'], 404],
    ['GET / HTTP/1.0', ['Host: localhost'], 200],
    ['GET / HTTP/1.1', ['HOST: LOCALHOST.'], 200],
  ])('refuses what names no host, or several, as it arrives: %s %j gets %i', async (line, headers, status) => {
    const { url } = await servedPage();
    const socket = await connected(url);
    let received = '';
    socket.setEncoding('utf8').on('data', (text: string) => (received += text));
    socket.write([line, ...headers, 'Connection: close', '', ''].join('\r\n'));
    await once(socket, 'close');
    expect(received.split('\r\n', 1)[0]).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  it.each([
    [{ host: 'evil.example' }, {}, 403],
    [{ origin: 'http://evil.example' }, {}, 403],
    [{}, { method: 'POST' }, 405],
    [{}, { method: 'DELETE' }, 405],
    [{}, { path: '/../../etc/passwd' }, 404],
    [{}, { path: '/%2e%2e/%2e%2e/etc/passwd' }, 404],
    [{}, { path: 'http://evil.example/' }, 404],
  ])('refuses a request with %j and %j', async (headers, options, status) => {
    const { url } = await servedPage();
    const answer = await ask(url, headers, options);
    expect(answer.status).toBe(status);
    expect(answer.body).not.toContain('pipelines');
    expect(answer.headers.allow).toBe(status === 405 ? 'GET, HEAD' : undefined);
  });

  it('does not let a name end the script that holds the first report', async () => {
    const { url } = await servedPage({ name: '</script><script>alert(1)</script><!--' });
    const { body } = await ask(url, { accept: 'text/html' });
    expect(body.match(/<script/g)).toHaveLength(2);
    const report = /<script type="application\/json" id="report">(.*?)<\/script>/.exec(body)?.[1] ?? '';
    expect((JSON.parse(report) as { name: string }).name).toBe('</script><script>alert(1)</script><!--');
  });

  it('needs the token, if there is one, for every form', async () => {
    const { url } = await servedPage({ token: TOKEN });
    for (const accept of ['text/html', 'application/json', 'text/event-stream', 'text/plain']) {
      const refused = await ask(url, { accept });
      expect(refused.status).toBe(401);
      expect(refused.headers['www-authenticate']).toBe('Basic realm="Spillway", charset="UTF-8"');
    }
    expect((await ask(url, { authorization: `Bearer ${TOKEN}` })).status).toBe(200);
    const basic = Buffer.from(`me:${TOKEN}`).toString('base64');
    expect((await ask(url, { authorization: `Basic ${basic}` })).status).toBe(200);
    expect((await ask(url, { authorization: `Bearer ${TOKEN}x` })).status).toBe(401);
  });

  it('cuts off requests that come too slowly, and connections beyond a limit, and answers others meanwhile', async () => {
    const { url } = await servedPage();
    const slow = await connected(url);
    const closed = new Promise((resolve) => slow.once('close', resolve));
    slow.write('GET / HTTP/1.1\r\nHost: localhost\r\n');
    const drip = setInterval(() => slow.write('X-Slow: 1\r\n'), 500);
    onTestFinished(() => clearInterval(drip));
    const others = await Promise.all(Array.from({ length: 100 }, () => connected(url)));
    await vi.waitFor(() => expect(others.filter(({ destroyed }) => destroyed).length).toBeGreaterThan(30), 5_000);
    for (const socket of others) socket.destroy();
    await vi.waitFor(async () => expect((await ask(url)).status).toBe(200), 5_000);
    await closed;
  });

  it('has room for 16 viewers, and for others when they have gone', async () => {
    const { url } = await servedPage();
    const viewers = await Promise.all(
      Array.from({ length: 16 }, async () => {
        const socket = await connected(url);
        socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n');
        await once(socket, 'data');
        return socket;
      }),
    );
    const answer = await ask(url, { accept: 'text/event-stream' });
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
    expect((await ask(url, { accept: 'application/json' })).status).toBe(200);
    viewers[0]?.destroy();
    await vi.waitFor(async () => {
      const socket = await connected(url);
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n');
      const [first] = (await once(socket, 'data')) as [Buffer];
      expect(first.toString()).toMatch(/^HTTP\/1.1 200/);
    });
  });
});

describe('a live page whose port is in use', () => {
  it('is served once the port is free, and says so; nothing is thrown', async () => {
    const lines = loggedLines();
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const page = serveZpages({ port });
    onTestFinished(() => page.close());
    expect(await page.listening()).toBeUndefined();
    expect(lines).toEqual([
      `Spillway cannot serve its live page: port ${port} is in use, perhaps by another process or thread of the same application; it is tried again every 10 s. Port 0 takes any free one`,
    ]);
    other.close();
    await vi.waitFor(() => expect(lines.at(-1)).toBe(`Spillway serves its live page at http://127.0.0.1:${port}/`), {
      timeout: 15_000,
      interval: 200,
    });
    expect((await ask(`http://127.0.0.1:${port}/`)).status).toBe(200);
  });

  it('says why if the address cannot be used at all', async () => {
    const lines = loggedLines();
    const page = serveZpages({ host: '203.0.113.1', token: TOKEN, port: 0 });
    expect(await page.listening()).toBeUndefined();
    expect(lines).toEqual([
      expect.stringMatching(/^Spillway cannot serve its live page: listen EADDRNOTAVAIL: .*203\.0\.113\.1/),
    ]);
    await page.close();
  });
});

describe('a live page that was closed', () => {
  it('answers no more, and can be closed again', async () => {
    const { url, page } = await servedPage();
    await page.close();
    await page.close();
    await expect(ask(url)).rejects.toThrow('ECONNREFUSED');
    expect(await page.listening()).toBeDefined();
  });
});
