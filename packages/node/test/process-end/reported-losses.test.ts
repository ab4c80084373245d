import { once } from 'node:events';
import { createServer } from 'node:net';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import type { OutgoingRequest } from '@spillway/otlp/transport';
import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  type Fault,
  mintCertificates,
  spawnCollector,
  type SpawnedCollector,
} from '../../../../test/collector/src/index.ts';
import { lastLine } from '../../src/process-end/last-line.ts';
import { Shipment } from '../../src/process-end/ship.ts';
import { startReceiver } from './receiver.ts';

/** Far above what any of these takes, so that what ends before it has ended by a rule. */
const LIMIT_MILLIS = 10_000;
/** For collectors that are waited for until the end. */
const SHORT_LIMIT_MILLIS = 2_500;
const SECRET = 'c2VjcmV0LXRva2Vu';

/** In a process of its own, because this one stands still while it ships. */
let collector: SpawnedCollector;
beforeAll(async () => {
  collector = await spawnCollector();
});
afterEach(() => collector.reset());
afterAll(() => collector.close());

interface ShipOptions {
  readonly limitMillis?: number;
  readonly headers?: Record<string, string>;
  readonly paths?: readonly string[];
}

/** Ships two requests of 10 spans each. @returns the line for the log, without what differs from run to run */
function ship(
  url: string,
  isStreamed: boolean,
  { limitMillis = LIMIT_MILLIS, headers = {}, paths = ['/v1/traces', '/v1/traces'] }: ShipOptions = {},
): string | undefined {
  const shipment = new Shipment({ startedAt: Date.now(), limitMillis, isStreamed });
  for (const path of paths) shipSpans(url + path, headers, (request) => shipment.take(request));
  shipment.end();
  return lastLine(0, 0, shipment.losses)
    ?.text?.replaceAll(/(localhost|127\.0\.0\.1):\d+/g, 'collector')
    .replaceAll(/\d+ ms/g, '# ms')
    .replace('Spillway: lost ', '');
}

function shipSpans(url: string, headers: Record<string, string>, take: (request: OutgoingRequest) => boolean): void {
  const processor = new BackpressureSpanProcessor({ exporter: new OtlpSpanExporter({ url, headers }) });
  const resource = resourceFromAttributes({ 'service.name': 'shop' });
  const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] });
  onTestFinished(() => provider.shutdown());
  for (let index = 0; index < 10; index += 1) provider.getTracer('orders').startSpan('order').end();
  while (processor.handOverNext(take));
}

const status = (code: number, rest: object = {}): Fault => ({
  kind: 'status',
  code,
  body: 'no',
  headers: { 'content-type': 'text/plain' },
  ...rest,
});

const NO_CONNECTION = 'no connection to collector (ECONNREFUSED): connect ECONNREFUSED collector';
const UNKNOWN = '; they may have arrived';

describe.each([
  ['a child that is fed while it runs', true],
  ['children that get a portion each, as on Windows and in worker threads', false],
])('what is lost is counted with its reason, by %s, if the collector', (_, isStreamed) => {
  it.each<[string, Fault, string, number?]>([
    ['rejects requests (400)', status(400), '20 rejected (collector answered 400: no)'],
    ['fails for good (500)', status(500), '20 rejected (collector answered 500: no)'],
    ['denies the credentials (401)', status(401), '20 rejected (collector answered 401: no)'],
    ['calls single items too large (413)', status(413), '20 too_large (collector answered 413: no)'],
    ['wants to be left alone', status(429, { retryAfter: '60' }), '20 drain_timeout (collector answered 429: no)'],
    ['is overloaded (503)', status(503), '20 drain_timeout (collector answered 503: no)', SHORT_LIMIT_MILLIS],
    [
      'never answers',
      { kind: 'hang' },
      `20 drain_timeout (collector did not answer within # ms${UNKNOWN})`,
      SHORT_LIMIT_MILLIS,
    ],
    [
      'takes items and breaks off',
      { kind: 'reset', keepsItems: true },
      `20 drain_timeout (the connection to collector broke (ECONNRESET): read ECONNRESET${UNKNOWN})`,
      SHORT_LIMIT_MILLIS,
    ],
  ])('%s', async (__, fault, loss, limitMillis = LIMIT_MILLIS) => {
    await collector.setFault(fault);
    expect(ship(collector.url, isStreamed, { limitMillis })).toBe(`20 items as the process ended: ${loss}`);
  });

  it('rejects some of the items', async () => {
    await collector.setFault({ kind: 'partial-success', rejected: 3, message: 'too old' });
    expect(ship(collector.url, isStreamed)).toBe(
      '6 items as the process ended: 6 rejected (collector rejected 3 items: too old)',
    );
    expect((await collector.counts()).unique).toBe(14);
  });

  it('refuses connections', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as { port: number };
    closed.close();
    expect(ship(`http://127.0.0.1:${port}`, isStreamed)).toBe(
      `20 items as the process ended: 20 drain_timeout (${NO_CONNECTION})`,
    );
  });

  it('goes away after it has answered the first request', async () => {
    const { port } = await startReceiver({
      answer: `
        await received();
        const { server } = request.socket;
        if (index === 0) server.first = response;
        else server.first.end(() => { server.close(); server.closeAllConnections(); });`,
    });
    expect(ship(`http://127.0.0.1:${port}`, isStreamed)).toBe(
      `10 items as the process ended: 10 drain_timeout (${NO_CONNECTION}${UNKNOWN})`,
    );
  });

  it('rejects one request and takes the other', async () => {
    const { port } = await startReceiver({
      answer: "await received(); response.writeHead(request.url === '/bad' ? 400 : 200).end();",
    });
    expect(ship(`http://127.0.0.1:${port}`, isStreamed, { paths: ['/good', '/bad'] })).toBe(
      '10 items as the process ended: 10 rejected (collector answered 400)',
    );
  });

  it('is not trusted', async () => {
    await using secure = await spawnCollector({ tls: mintCertificates().server });
    const line = ship(secure.url, isStreamed, { limitMillis: SHORT_LIMIT_MILLIS });
    expect(line).toMatch(/^20 items as the process ended: 20 drain_timeout \(TLS with collector failed /);
    expect(line).not.toContain('may have arrived');
  });

  it('never agrees on TLS, and so has no byte of a request', async () => {
    // This process stands still while it ships: the kernel accepts connections, and nobody reads from them.
    const silent = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    expect(ship(`https://127.0.0.1:${port}`, isStreamed, { limitMillis: SHORT_LIMIT_MILLIS })).toBe(
      '20 items as the process ended: 20 drain_timeout (collector did not answer within # ms)',
    );
  });

  it('repeats a credential, which the line hides', async () => {
    await collector.setFault(status(400, { body: `no such key: ${SECRET}` }));
    expect(ship(collector.url, isStreamed, { headers: { 'api-key': SECRET } })).toBe(
      '20 items as the process ended: 20 rejected (collector answered 400: no such key: ***)',
    );
  });

  it('makes the child fail, which then may have delivered its items', async () => {
    const { port } = await startReceiver({
      answer: `
        const { readdirSync, readFileSync } = process.getBuiltinModule('node:fs');
        for (const pid of readdirSync('/proc').filter((name) => /^\\d+$/.test(name))) {
          try {
            const parent = /^PPid:\\t(\\d+)$/m.exec(readFileSync('/proc/' + pid + '/status', 'utf8'))[1];
            const isShipping = readFileSync('/proc/' + pid + '/cmdline', 'utf8').includes('--eval');
            if (Number(parent) === process.pid && isShipping) process.kill(Number(pid), 'SIGKILL');
          } catch {}
        }`,
    });
    expect(ship(`http://127.0.0.1:${port}`, isStreamed)).toBe(
      `20 items as the process ended: 20 drain_timeout (the process that ships them ended without a report${UNKNOWN})`,
    );
  });
});

it.each([true, false])('nothing is lost if the collector takes everything (fed while it runs: %s)', (isStreamed) => {
  expect(ship(collector.url, isStreamed)).toBeUndefined();
});

it('nothing is lost if the collector takes the parts of a request that it has called too large', async () => {
  await collector.setFault({ kind: 'max-body', bytes: 500 });
  expect(ship(collector.url, true)).toBeUndefined();
  expect((await collector.counts()).unique).toBe(20);
});
