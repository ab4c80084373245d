import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createFetchTransport } from '../../src/transport/fetch-transport.ts';
import { createHttpTransport } from '../../src/transport/http-transport.node.ts';
import type { OtlpTransport } from '../../src/transport/transport.ts';
import type { OtlpTransportOptions } from '../../src/transport/transport-options.ts';
import { type LocalServer, type ReceivedRequest, startServer } from './local-server.ts';
import { bodyOf, errorOf, send } from './sending.ts';

const LARGE = 'spans '.repeat(1_000);

type Answer = Parameters<typeof startServer>[0];

/** What the Collector answers, in protobuf. */
const UNSUPPORTED = Buffer.concat([Buffer.from([0x12, 34]), Buffer.from('unsupported Content-Encoding: zstd')]);

const takesAll: Answer = (response) => response.end();
const takesNo =
  (...encodings: readonly string[]): Answer =>
  (response, { headers }) =>
    response.writeHead(encodings.includes(headers['content-encoding'] ?? '') ? 415 : 200).end();
const namesTheEncoding: Answer = (response, { headers }) =>
  headers['content-encoding'] === 'zstd'
    ? response.writeHead(400, { 'content-type': 'application/x-protobuf' }).end(UNSUPPORTED)
    : response.end();

const encodingsOf = ({ requests }: LocalServer) => requests.map(({ headers }) => headers['content-encoding'] ?? 'none');

function textOf({ headers, body }: ReceivedRequest): string {
  if (headers['content-encoding'] === 'zstd') return zstdDecompressSync(body).toString();
  return (headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();
}

function warnings(): readonly string[] {
  const said: string[] = [];
  const warn = (message: string) => void said.push(message);
  diag.setLogger(
    { error() {}, warn, info() {}, debug() {}, verbose() {} },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  return said;
}

afterEach(() => {
  diag.disable();
  vi.unstubAllGlobals();
});

describe.each([
  ['node:http', createHttpTransport, 'zstd'],
  ['fetch', createFetchTransport, 'gzip'],
] as const)('%s: the compression of requests', (_, createTransport, best) => {
  const create = (options: OtlpTransportOptions): OtlpTransport => {
    const transport = createTransport({ proxyEnv: {}, ...options });
    onTestFinished(async () => transport.shutdown());
    return transport;
  };

  it('leaves out bodies below 1 KiB', async () => {
    const server = await startServer(takesAll);
    const transport = create({ url: server.url, compression: 'gzip' });
    await send(transport, bodyOf('x'.repeat(1_023)));
    await send(transport, bodyOf('x'.repeat(1_024)));
    expect(encodingsOf(server)).toEqual(['none', 'gzip']);
  });

  it('is the best that the platform has, and says so if that is not what was wanted', async () => {
    const said = warnings();
    const server = await startServer(takesAll);
    await send(create({ url: server.url, compression: 'zstd' }), bodyOf(LARGE, LARGE));
    expect(encodingsOf(server)).toEqual([best]);
    expect(server.requests.map(textOf)).toEqual([LARGE + LARGE]);
    expect(said.map((line) => line.includes('cannot compress with zstd'))).toEqual(best === 'zstd' ? [] : [true]);
  });

  it('falls back if the collector answers 415: the batch arrives, later ones are sent like that, and it is logged once', async () => {
    const said = warnings();
    const server = await startServer(takesNo('zstd', 'gzip'));
    const transport = create({ url: server.url, compression: 'gzip' });
    const sent = [send(transport, bodyOf(LARGE)), send(transport, bodyOf(LARGE))];
    expect(await Promise.all(sent)).toEqual([{ kind: 'delivered' }, { kind: 'delivered' }]);
    expect(await send(transport, bodyOf(LARGE))).toEqual({ kind: 'delivered' });
    expect(encodingsOf(server).toSorted()).toEqual(['gzip', 'gzip', 'none', 'none', 'none']);
    expect(textOf(server.requests.at(-1)!)).toBe(LARGE);
    expect(said).toEqual([
      expect.stringMatching(/does not take requests compressed with gzip \(it answered 415\), .* sent uncompressed/),
    ]);
  });

  it('is not changed by a 415 that uncompressed bodies get too', async () => {
    const said = warnings();
    const server = await startServer((response) => response.writeHead(415).end());
    const transport = create({ url: server.url, compression: 'gzip' });
    const outcome = await send(transport, bodyOf(LARGE));
    expect(outcome.kind).toBe('refused');
    expect(errorOf(outcome)).toMatchObject({ statusCode: 415 });
    await send(transport, bodyOf(LARGE));
    expect(encodingsOf(server)).toEqual(['gzip', 'none', 'gzip', 'none']);
    expect(said).toEqual([]);
  });

  it('is not changed by a 400 about something else, which is sent once', async () => {
    const server = await startServer((response) => response.writeHead(400).end('no such tenant'));
    const transport = create({ url: server.url, compression: 'gzip' });
    expect((await send(transport, bodyOf(LARGE))).kind).toBe('refused');
    expect(encodingsOf(server)).toEqual(['gzip']);
  });

  it('does not outlive the signal when it falls back', async () => {
    const controller = new AbortController();
    const server = await startServer((response, { headers }) => {
      if (headers['content-encoding'] === undefined) controller.abort();
      else response.writeHead(415).end();
    });
    const transport = create({ url: server.url, compression: 'gzip' });
    expect(await send(transport, bodyOf(LARGE), controller.signal)).toMatchObject({
      kind: 'retry',
      error: { name: 'AbortError' },
    });
  });
});

describe('node:http: a collector that does not take zstd', () => {
  it.each([
    ['answers 415', takesNo('zstd')],
    ['answers 400 and names the encoding, as the Collector does', namesTheEncoding],
  ] as const)('gets gzip if it %s', async (_, answer) => {
    const said = warnings();
    const server = await startServer(answer);
    const transport = createHttpTransport({ proxyEnv: {}, url: server.url, compression: 'zstd' });
    onTestFinished(async () => transport.shutdown());
    expect(transport.requestOf?.(bodyOf(LARGE))?.compression).toBe('zstd');
    await send(transport, bodyOf(LARGE));
    await send(transport, bodyOf(LARGE));
    expect(encodingsOf(server)).toEqual(['zstd', 'gzip', 'gzip']);
    expect(said).toEqual([expect.stringContaining('from now on they are compressed with gzip')]);
    expect(transport.requestOf?.(bodyOf(LARGE))?.compression).toBe('gzip');
  });
});
