import { Agent } from 'node:http';
import { deflateSync, gzipSync } from 'node:zlib';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Collector, startCollector } from '../src/index.ts';
import { logBody, traceBody } from './bodies.ts';
import { failureOf, post } from './client.ts';

let collector: Collector;

beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector.close());

describe('accepting', () => {
  it('answers 200 with a body that upstream reads as full success', async () => {
    const answer = await post(collector.url, traceBody(3).body);

    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/x-protobuf');
    expect(ProtobufTraceSerializer.deserializeResponse(answer.body).partialSuccess).toBeUndefined();
  });

  it('counts every span id once', async () => {
    const first = traceBody(7);
    const second = traceBody(5);

    await post(collector.url, first.body);
    await post(collector.url, second.body);

    expect(new Map(collector.ids)).toEqual(new Map([...first.ids, ...second.ids].map((id) => [id, 1])));
    expect(collector.counts()).toMatchObject({ requests: 2, items: 12, unique: 12, duplicates: 0, rejected: 0 });
  });

  it('counts a repeated batch as duplicates', async () => {
    const { body, ids } = traceBody(4);

    for (let time = 0; time < 3; time += 1) await post(collector.url, body);

    expect(collector.ids.get(ids[0]!)).toBe(3);
    expect(collector.counts()).toMatchObject({ items: 12, unique: 4, duplicates: 8 });
  });

  it('returns the spans as upstream made them, with resource and scope', async () => {
    const { body, ids } = traceBody(3);

    await post(collector.url, body);

    const [first, , third] = collector.spans();
    expect(collector.spans().map(({ span }) => Buffer.from(span.spanId ?? []).toString('hex'))).toEqual(ids);
    expect(first).toMatchObject({ span: { name: 'span 0' }, scope: { name: 'first', version: '1.0.0' } });
    expect(third).toMatchObject({ span: { name: 'span 1' }, scope: { name: 'second' } });
    expect(first?.span.attributes.find(({ key }) => key === 'name')?.value?.stringValue).toBe('näme');
    expect(first?.resource?.attributes.map(({ key }) => key)).toContain('service.name');
    expect(BigInt(String(first?.span.startTimeUnixNano))).toBeGreaterThan(1_600_000_000_000_000_000n);
  });

  it('takes requests from fetch', async () => {
    const { body } = traceBody(2);
    const headers = { 'content-type': 'application/x-protobuf; charset=binary', 'x-tenant': 'a' };

    const answer = await fetch(`${collector.url}/v1/traces?key=1`, {
      method: 'POST',
      headers,
      body: Buffer.from(body),
    });

    expect(answer.status).toBe(200);
    expect(collector.requests[0]).toMatchObject({ path: '/v1/traces', headers: { 'x-tenant': 'a' }, items: 2 });
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ])('unpacks %s and records the number of bytes on the wire', async (encoding, pack) => {
    const { body, ids } = traceBody(50);
    const packed = pack(body);

    const answer = await post(collector.url, packed, { headers: { 'content-encoding': encoding } });

    expect(answer.status).toBe(200);
    expect(ids.every((id) => collector.ids.has(id))).toBe(true);
    expect(collector.requests[0]).toMatchObject({ bytes: packed.length, items: 50, acceptedItems: 50 });
  });

  it('takes log records and identifies those that have a uid', async () => {
    const answer = await post(collector.url, logBody(['a', 'b', undefined, 'a']), { path: '/v1/logs' });

    expect(answer.status).toBe(200);
    expect(new Map(collector.idsOf('logs'))).toEqual(
      new Map([
        ['a', 2],
        ['b', 1],
      ]),
    );
    expect(collector.counts()).toMatchObject({ items: 4, unique: 2, duplicates: 1 });
    expect(collector.logRecords()[0]).toMatchObject({ logRecord: { body: { stringValue: 'something happened' } } });
    expect(collector.ids.size).toBe(0);
  });

  it('counts each signal separately', async () => {
    const { body } = traceBody(3);
    await post(collector.url, body);
    await post(collector.url, body);
    await post(collector.url, logBody(['a', 'b', undefined, 'a']), { path: '/v1/logs' });

    expect(collector.countsOf('traces')).toEqual({ items: 6, unique: 3, duplicates: 3 });
    expect(collector.countsOf('logs')).toEqual({ items: 4, unique: 2, duplicates: 1 });
  });

  it.each(['full', 'ids'] as const)(
    'knows which log records belong to a span that it has, with decode: %s',
    async (decode) => {
      await using receiver = await startCollector({ decode });
      const arrived = traceBody(2);
      const lost = traceBody(1);
      const [first, second] = arrived.spanContexts;
      await post(receiver.url, logBody(['a', 'b', 'c'], [first, first, second]), { path: '/v1/logs' });
      expect(receiver.orphanedLogRecords()).toBe(3);

      await post(receiver.url, arrived.body);
      expect(receiver.orphanedLogRecords()).toBe(0);

      await post(receiver.url, logBody(['d', 'e'], [undefined, lost.spanContexts[0]]), { path: '/v1/logs' });
      expect(receiver.orphanedLogRecords()).toBe(2);
      receiver.reset();
      expect(receiver.orphanedLogRecords()).toBe(0);
    },
  );

  it('still works if the test uses a fake clock', async () => {
    vi.useFakeTimers();
    try {
      collector.setFault({ kind: 'latency', millis: 5 });
      expect((await post(collector.url, traceBody(1).body)).status).toBe(200);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('refusing', () => {
  it.each([
    ['an unknown path', 404, { path: '/v1/profiles' }],
    ['another method', 405, { method: 'PUT' }],
    ['another content type', 415, { headers: { 'content-type': 'text/plain' } }],
    ['an unknown content encoding', 415, { headers: { 'content-encoding': 'br' } }],
    ['a body that is not gzip', 400, { headers: { 'content-encoding': 'gzip' } }],
  ])('answers %s with %i', async (_what, status, options) => {
    const answer = await post(collector.url, traceBody(1).body, options);

    expect(answer.status).toBe(status);
    expect(collector.requests[0]?.status).toBe(status);
    expect(collector.ids.size).toBe(0);
  });

  it('answers 400 to a body that is not a request', async () => {
    const { body } = traceBody(2);

    expect((await post(collector.url, body.subarray(0, body.length - 3))).status).toBe(400);
    expect(collector.counts()).toMatchObject({ requests: 1, items: 0, inFlight: 0 });
  });
});

describe('limits', () => {
  it.each([
    ['on the wire', (body: Uint8Array) => body, {}],
    ['unpacked', gzipSync, { 'content-encoding': 'gzip' }],
  ])(
    'answers 413 to a body that is too long %s, and then takes the next one on the same connection',
    async (_which, pack, headers) => {
      const { body } = traceBody(20);
      await using small = await startCollector({ maxBodyBytes: body.length - 1 });
      using agent = closing(new Agent({ keepAlive: true, maxSockets: 1 }));

      const refused = await post(small.url, pack(body), { headers, agent });
      const taken = await post(small.url, traceBody(1).body, { agent });

      expect([refused.status, taken.status]).toEqual([413, 200]);
      expect(small.requests.map(({ connection }) => connection)).toEqual([1, 1]);
    },
  );

  it('takes a body of exactly the limit', async () => {
    const { body } = traceBody(20);
    await using small = await startCollector({ maxBodyBytes: body.length });

    expect((await post(small.url, body)).status).toBe(200);
  });
});

describe('the record of a request', () => {
  it('has the times of its arrival and its answer, and its connection', async () => {
    using agent = closing(new Agent({ keepAlive: true, maxSockets: 1 }));
    collector.queueFaults({ kind: 'latency', millis: 30 });

    await post(collector.url, traceBody(1).body, { agent });
    await post(collector.url, traceBody(1).body, { agent });
    await post(collector.url, traceBody(1).body);

    const [slow, quick, other] = collector.requests;
    expect(slow!.answeredAt! - slow!.at).toBeGreaterThanOrEqual(29);
    expect(quick!.at).toBeGreaterThanOrEqual(slow!.answeredAt!);
    expect([slow, quick, other].map((record) => record?.connection)).toEqual([1, 1, 2]);
    expect([slow, quick].map((record) => record?.fault)).toEqual(['latency', undefined]);
  });
});

describe('waiting for a condition', () => {
  it('resolves with the event that makes the condition true', async () => {
    const arrived = collector.until(({ requests }) => requests.length === 1);
    const accepted = collector.until((now) => now.counts().items === 3);
    collector.setFault({ kind: 'latency', millis: 20 });

    const answer = post(collector.url, traceBody(3).body);
    await arrived;
    expect(collector.counts()).toMatchObject({ items: 0, inFlight: 1 });
    await accepted;

    expect((await answer).status).toBe(200);
  });

  it('resolves immediately if the condition is already true', async () => {
    await expect(collector.until(() => true)).resolves.toBeUndefined();
  });

  it('rejects after its time-out, with the counts', async () => {
    await expect(collector.until(() => false, { timeoutMillis: 10 })).rejects.toThrow(
      /10 ms have passed.*"requests":0/,
    );
  });

  it('rejects when the collector is closed', async () => {
    const failure = failureOf(collector.until(() => false));
    await collector.close();
    expect(String(await failure)).toContain('the collector was closed');
  });

  it('rejects with an error that the predicate throws', async () => {
    const waiting = collector.until(({ requests }) => {
      if (requests.length > 0) throw new Error('one too many');
      return false;
    });
    const failure = failureOf(waiting);
    await post(collector.url, traceBody(1).body);
    expect(String(await failure)).toContain('one too many');
  });
});

describe('reset', () => {
  it('forgets received items, faults, and requests that are still open', async () => {
    collector.queueFaults({ kind: 'latency', millis: 50 }, { kind: 'status', code: 400 });
    const open = post(collector.url, traceBody(2).body);
    await collector.until(({ requests }) => requests[0]?.items === 2);

    collector.reset();

    expect((await open).status).toBe(200);
    expect(collector.counts()).toEqual({
      requests: 0,
      items: 0,
      unique: 0,
      duplicates: 0,
      rejected: 0,
      unanswered: 0,
      inFlight: 0,
      maxInFlight: 0,
    });
    expect((await post(collector.url, traceBody(1).body)).status).toBe(200);
    expect(collector.counts()).toMatchObject({ requests: 1, items: 1, maxInFlight: 1 });
  });
});

describe('starting', () => {
  it('may take the port of a collector that was closed', async () => {
    await collector.close();
    await using next = await startCollector({ port: collector.port });

    expect(next.url).toBe(collector.url);
  });

  it('rejects if the port is taken', async () => {
    await expect(startCollector({ port: collector.port })).rejects.toThrow('EADDRINUSE');
  });
});

function closing(agent: Agent): Agent & Disposable {
  return Object.assign(agent, { [Symbol.dispose]: () => agent.destroy() });
}
