import { diag, DiagLogLevel } from '@opentelemetry/api';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createFetchTransport } from '../../src/transport/fetch-transport.ts';
import { startServer } from './local-server.ts';
import { bodyOf, send } from './sending.ts';
import { describeHttpContract } from './http-contract.ts';

describeHttpContract('fetch', createFetchTransport);

describe('fetch: features of the platform', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    diag.disable();
  });

  it('refuses options that it cannot support', () => {
    expect(() => createFetchTransport({ url: 'https://localhost', tls: { ca: 'x' } })).toThrow(
      /^tls is not possible with fetch/,
    );
    expect(() => createFetchTransport({ url: 'http://localhost', httpAgentOptions: {} })).toThrow(
      /^httpAgentOptions is not possible with fetch/,
    );
    expect(() => createFetchTransport({ url: 'https://localhost', tls: { ca: undefined } })).not.toThrow();
  });

  it('sends uncompressed bodies without CompressionStream, and warns', async () => {
    const warn = vi.fn<(message: string) => void>();
    diag.setLogger(
      { error() {}, warn, info() {}, debug() {}, verbose() {} },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
    vi.stubGlobal('CompressionStream', undefined);
    const server = await startServer((response) => response.end());
    await send(createFetchTransport({ url: server.url, compression: 'gzip' }));
    expect(server.requests[0]?.body.toString()).toBe('spans');
    expect(server.requests[0]?.headers).not.toHaveProperty('content-encoding');
    expect(warn).toHaveBeenCalledOnce();
  });

  it('recognises the hidden redirect of a browser as a redirect', async () => {
    vi.stubGlobal('fetch', async () => Response.error());
    expect(await send(createFetchTransport({ url: 'http://localhost' }))).toMatchObject({ kind: 'refused' });
  });

  it.each(['__original', '__sentry_original__', '_nextOriginalFetch'])(
    'uses fetch as it was before others wrapped it: %s',
    async (name) => {
      const watched = vi.fn<() => void>();
      const wrap = (inner: unknown) => Object.assign(() => watched(), { [name]: inner });
      vi.stubGlobal('fetch', wrap(wrap(async () => new Response())));
      expect(await send(createFetchTransport({ url: 'http://localhost' }))).toEqual({ kind: 'delivered' });
      expect(watched).not.toHaveBeenCalled();
    },
  );

  it('lets requests outlive a page within the quota of browsers for all requests in flight', async () => {
    vi.stubGlobal('document', {});
    const keepalive: unknown[] = [];
    const answers: (() => void)[] = [];
    vi.stubGlobal('fetch', async (_url: string, init: RequestInit) => {
      keepalive.push(init.keepalive ?? false);
      return new Promise((resolve) => answers.push(() => resolve(new Response())));
    });
    const transport = createFetchTransport({ url: 'http://localhost' });
    const body = bodyOf(new Uint8Array(40_000));
    const first = send(transport, body);
    const second = send(transport, body);
    await vi.waitUntil(() => answers.length === 2);
    for (const answer of answers.splice(0)) answer();
    await Promise.all([first, second]);
    const third = send(transport, body);
    await vi.waitUntil(() => answers.length === 1);
    answers[0]?.();
    await third;
    expect(keepalive).toEqual([true, false, true]);
  });

  it('reports a failure without a code by its message', async () => {
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('error sending request for url (http://user:secret@localhost/v1?key=secret)');
    });
    const outcome = await send(createFetchTransport({ url: 'http://localhost/v1?key=secret' }));
    expect(outcome).toMatchObject({ kind: 'retry', unreachable: true });
    expect(outcome.error?.message).toBe('no connection to localhost: error sending request for url (http://localhost)');
  });
});

it('fetch: a platform without it causes one warning at construction, and the first request finds it if it came later', async () => {
  const warn = vi.fn<(message: string) => void>();
  diag.setLogger(
    { error() {}, warn, info() {}, debug() {}, verbose() {} },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  onTestFinished(() => diag.disable());
  onTestFinished(() => void vi.unstubAllGlobals());
  const server = await startServer((response) => response.end());
  vi.stubGlobal('fetch', undefined);
  const transport = createFetchTransport({ url: server.url });
  expect(warn.mock.calls).toEqual([
    ['OTLP transport: this platform has no fetch, so nothing can be sent until there is one'],
  ]);
  expect(await send(transport)).toMatchObject({ kind: 'retry' });
  vi.unstubAllGlobals();
  expect(await send(transport)).toEqual({ kind: 'delivered' });
  expect(warn).toHaveBeenCalledOnce();
});
