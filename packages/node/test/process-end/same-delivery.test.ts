import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadDefinitions, mintCertificates } from '../../../../test/collector/src/index.ts';
import type { HttpRequestToHandOver, OutgoingRequest } from '@spillway/otlp/transport';
import { Shipment, type ShipmentOptions } from '../../src/process-end/ship.ts';
import { useEndingPrograms } from './ending-program.ts';
import { type ReceiverOptions, startReceiver } from './receiver.ts';

const MEBIBYTE = 2 ** 20;
/** Far above what any of these takes, so that what ends before it has ended by a rule. */
const LIMIT_MILLIS = 10_000;
const HOUR_MILLIS = 3_600_000;
/** The least window, of 1 MiB: a request of that size goes alone. */
const LITTLE_MEMORY = { inUse: 0, left: 100 * MEBIBYTE };

function requestTo(
  url: string,
  rest: Partial<HttpRequestToHandOver> = {},
  bytes = new Uint8Array(10),
): OutgoingRequest {
  return {
    protocol: 'http/protobuf',
    signal: 'traces',
    itemCount: 1,
    url,
    headers: {},
    body: { chunks: [bytes], byteLength: bytes.length },
    ...rest,
  };
}

/** @returns the milliseconds that it took */
function ship(requests: readonly OutgoingRequest[], options: Partial<ShipmentOptions> = {}): number {
  const startedAt = Date.now();
  const shipment = new Shipment({ startedAt, limitMillis: LIMIT_MILLIS, memory: LITTLE_MEMORY, ...options });
  for (const request of requests) expect(shipment.take(request)).toBe(true);
  shipment.end();
  return Date.now() - startedAt;
}

/** What is said of the first request; the others are taken. */
const first = (answer: string): ReceiverOptions => ({
  answer: `if (index === 0) { ${answer} } else { await received(); response.end(); }`,
});
const first503 = (retryAfter: string, date = 'new Date()') =>
  first(
    `await received(); response.sendDate = false; response.writeHead(503, { date: (${date}).toUTCString(), 'retry-after': ${retryAfter} }).end();`,
  );

const programs = useEndingPrograms();

/** Each of these was once different from what the transport of the process does. */
describe('the process that ships, like the transport,', () => {
  const elsewhere = mintCertificates();
  const ca = { tls: { ca: elsewhere.ca } };

  it.each([
    [
      'a date that is near by the clock of a server whose clock is fast',
      first503(`new Date(Date.now() + ${HOUR_MILLIS} + 1_000).toUTCString()`, `new Date(Date.now() + ${HOUR_MILLIS})`),
    ],
    ['a time of the year 56000, which is a mistake of units', first503("'1700000000000'")],
    ['a text that only looks like a date', first503("'not before 2099'")],
  ])('sends again to a collector that asks it to wait until %s', async (_, options) => {
    const receiver = await startReceiver(options);
    ship([requestTo(`http://127.0.0.1:${receiver.port}/`)]);
    expect(await receiver.received()).toHaveLength(2);
  });

  it('waits for a date that is near by the clock of a server whose clock is slow', async () => {
    const receiver = await startReceiver(
      first503(`new Date(Date.now() - ${HOUR_MILLIS} + 2_000).toUTCString()`, `new Date(Date.now() - ${HOUR_MILLIS})`),
    );
    ship([requestTo(`http://127.0.0.1:${receiver.port}/`)]);
    const [before, after] = await receiver.received();
    // A date has whole seconds.
    expect((after?.at ?? 0) - (before?.at ?? 0)).toBeGreaterThan(950);
  });

  it.each([
    ['413', 413, ''],
    ['400 and the words of the Collector', 400, 'http: request body too large'],
  ])('splits requests that the collector calls too large with %s', async (_, status, words) => {
    const { decodeLogRecords, decodeSpans } = await loadDefinitions();
    const bodies = { traces: [] as Buffer[], logs: [] as Buffer[] };
    const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const body = Buffer.concat(await request.toArray());
      const isTooLarge = body.length > 500;
      if (!isTooLarge) bodies[request.url === '/v1/traces' ? 'traces' : 'logs'].push(body);
      response.writeHead(isTooLarge ? status : 200).end(isTooLarge ? words : '');
    };
    const server = createServer((request, response) => void receive(request, response)).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code } = await programs.run('emit(20); process.exit(3);', { url: `http://127.0.0.1:${port}` });
    expect(code).toBe(3);
    expect(bodies.traces.length).toBeGreaterThan(1);
    expect(
      new Set(bodies.traces.flatMap(decodeSpans).map(({ span }) => Buffer.from(span.spanId ?? []).toString('hex')))
        .size,
    ).toBe(20);
    expect(bodies.logs.flatMap(decodeLogRecords)).toHaveLength(20);
  });

  it.each([
    ['compressed with gzip', 'gzip', 'none'],
    ['compressed with zstd', 'zstd', 'none'],
    ['uncompressed to a collector that does not take gzip', 'gzip', 'gzip'],
  ] as const)('sends JSON %s', async (_, compression, notTaken) => {
    const requests: { readonly headers: IncomingMessage['headers']; readonly json: unknown }[] = [];
    const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const { headers } = request;
      const body = Buffer.concat(await request.toArray());
      const encoding = headers['content-encoding'] ?? 'identity';
      if (encoding === notTaken) return void response.writeHead(415).end();
      const unpacked = encoding === 'zstd' ? zstdDecompressSync(body) : encoding === 'gzip' ? gunzipSync(body) : body;
      requests.push({ headers, json: JSON.parse(unpacked.toString()) });
      response.end('{}');
    };
    const server = createServer((request, response) => void receive(request, response)).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code } = await programs.run('emit(20); process.exit(3);', {
      url: `http://127.0.0.1:${port}`,
      env: { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_EXPORTER_OTLP_COMPRESSION: compression },
    });
    expect(code).toBe(3);
    for (const { headers } of requests) {
      expect(headers).toMatchObject({ 'content-type': 'application/json' });
      expect(headers['content-encoding']).toBe(compression === notTaken ? undefined : compression);
    }
    const names = requests.flatMap(({ json }) => Object.keys(json as object));
    expect(new Set(names)).toEqual(new Set(['resourceSpans', 'resourceLogs']));
  });

  it('does not repeat a failure whose answer is larger than it reads', async () => {
    const receiver = await startReceiver({
      answer: `await received(); response.writeHead(503).end(Buffer.alloc(${5 * MEBIBYTE}));`,
    });
    expect(ship([requestTo(`http://127.0.0.1:${receiver.port}/`)])).toBeLessThan(LIMIT_MILLIS / 2);
    expect(await receiver.received()).toHaveLength(1);
  });

  it('does not wait for the end of an answer that has none', async () => {
    const receiver = await startReceiver({
      answer: `await received(); const more = () => { while (response.write(Buffer.alloc(65_536))); }; response.on('drain', more); more();`,
    });
    expect(ship([requestTo(`http://127.0.0.1:${receiver.port}/`)])).toBeLessThan(LIMIT_MILLIS / 2);
    expect(await receiver.received()).toHaveLength(1);
  });

  it('repeats a request that is denied while credentials are rotated, after others were accepted', async () => {
    const receiver = await startReceiver({
      answer: 'await received(); response.writeHead(index === 1 ? 401 : 200).end();',
    });
    const url = `http://127.0.0.1:${receiver.port}/`;
    const large = () => requestTo(url, {}, new Uint8Array(MEBIBYTE));
    ship([large(), large()]);
    expect(await receiver.received()).toHaveLength(3);
  });

  it('goes through a tunnel that a proxy opens with another status of success', async () => {
    const receiver = await startReceiver({ tls: elsewhere.badServers.otherHost, connect: "accept('201 Created');" });
    ship([requestTo('https://elsewhere.test/', { ...ca, proxy: proxyAt(receiver.port) })]);
    expect(await receiver.received()).toHaveLength(1);
  });

  it('uses a tunnel again', async () => {
    const receiver = await startReceiver({ tls: elsewhere.badServers.otherHost, connect: 'accept();' });
    const large = () =>
      requestTo('https://elsewhere.test/', { ...ca, proxy: proxyAt(receiver.port) }, new Uint8Array(MEBIBYTE));
    ship([large(), large(), large()]);
    expect(await receiver.received()).toHaveLength(3);
    expect(await receiver.connects()).toEqual(['elsewhere.test:443']);
  });

  it('asks a proxy for an IPv6 address in brackets', async () => {
    const receiver = await startReceiver({ connect: "socket.end('HTTP/1.1 403 No\\r\\n\\r\\n');" });
    ship([requestTo('https://[2001:db8::1]:4318/', { ...ca, proxy: proxyAt(receiver.port) })], { limitMillis: 1_500 });
    expect((await receiver.connects())[0]).toBe('[2001:db8::1]:4318');
  });

  it('names a collector in a tunnel without the dot of the root', async () => {
    const receiver = await startReceiver({ tls: elsewhere.badServers.otherHost, connect: 'accept();' });
    ship([requestTo('https://elsewhere.test./', { ...ca, proxy: proxyAt(receiver.port) })]);
    expect(await receiver.received()).toMatchObject([{ host: 'elsewhere.test' }]);
  });

  it('lets the headers of the application win over those that a proxy needs', async () => {
    const receiver = await startReceiver();
    ship([requestTo('http://collector.test/', { headers: { host: 'tenant.test' }, proxy: proxyAt(receiver.port) })]);
    expect(await receiver.received()).toMatchObject([{ url: 'http://collector.test/', host: 'tenant.test' }]);
  });

  it('sends no name in TLS if the name that it shall expect is an address', async () => {
    const receiver = await startReceiver({ tls: elsewhere.server });
    ship([requestTo(`https://localhost:${receiver.port}/`, { tls: { ca: elsewhere.ca, servername: '127.0.0.1' } })]);
    expect(await receiver.received()).toMatchObject([{ servername: false }]);
  });
});

function proxyAt(port: number): NonNullable<OutgoingRequest['proxy']> {
  return { protocol: 'http:', hostname: '127.0.0.1', port, authorization: undefined, variable: 'HTTP_PROXY' };
}
