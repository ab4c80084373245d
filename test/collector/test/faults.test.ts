import { once } from 'node:events';
import { Agent } from 'node:http';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Collector, type Fault, startCollector } from '../src/index.ts';
import { logBody, traceBody } from './bodies.ts';
import { answerTo, failureOf, open, post } from './client.ts';

const { body, ids } = traceBody(10);
let collector: Collector;

beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector.close());

async function millisOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

describe('choosing a fault', () => {
  it('uses the queued faults first, one each, then the standing fault until it is removed', async () => {
    collector.setFault({ kind: 'status', code: 503 });
    collector.queueFaults({ kind: 'status', code: 429 }, undefined, { kind: 'status', code: 400 });

    const statuses = [];
    for (let request = 0; request < 5; request += 1) statuses.push((await post(collector.url, body)).status);
    collector.setFault(undefined);
    statuses.push((await post(collector.url, body)).status);

    expect(statuses).toEqual([429, 200, 400, 503, 503, 200]);
  });

  it('may be done by a function that sees the request', async () => {
    collector.setFault(({ headers }) => (headers['x-fail'] ? { kind: 'status', code: 500 } : undefined));

    expect((await post(collector.url, body, { headers: { 'x-fail': '1' } })).status).toBe(500);
    expect((await post(collector.url, body)).status).toBe(200);
  });

  it.each<[string, object, string]>([
    ['an unknown kind', { kind: 'explode' }, 'fault.kind: unknown, got explode'],
    ['a missing number', { kind: 'latency' }, 'latency.millis: expected a number, got undefined'],
    ['NaN', { kind: 'max-body', bytes: Number.NaN }, 'max-body.bytes'],
    ['a number out of range', { kind: 'status', code: 600 }, 'status.code: expected 200 to 599, got 600'],
    ['a bad latency', { kind: 'reset', latencyMillis: -1 }, 'reset.latencyMillis'],
    [
      'a poison without an id',
      { kind: 'poison', fault: { kind: 'reset' } },
      'poison.id: expected the id of an item, got undefined',
    ],
    [
      'a poison with a bad fault',
      { kind: 'poison', id: '0000000000000001', fault: { kind: 'status', code: 600 } },
      'status.code',
    ],
  ])('refuses %s', (_what, wrong, message) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- JavaScript and IPC let this through
    const fault = wrong as Fault;
    expect(() => collector.setFault(fault)).toThrow(message);
    expect(() => collector.queueFaults(fault)).toThrow(message);
  });
});

describe('latency', () => {
  it('answers after that time, any number of requests in parallel', async () => {
    collector.setFault({ kind: 'latency', millis: 100 });

    const answered = millisOf(() => Promise.all(Array.from({ length: 8 }, () => post(collector.url, body))));
    await collector.until(({ requests }) => requests.filter(({ items }) => items === 10).length === 8);
    // Timers of one process end in the order of their times, however busy the machine is. Eight waits, one after the other, would
    // take longer than this one.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(collector.counts().items).toBe(80);

    expect(await answered).toBeGreaterThanOrEqual(99);
    expect(collector.counts()).toMatchObject({ requests: 8, items: 80, inFlight: 0, maxInFlight: 8 });
    expect(collector.requests.map(({ inFlight }) => inFlight)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('can precede any other fault', async () => {
    collector.setFault({ kind: 'status', code: 503, latencyMillis: 50 });

    expect(await millisOf(() => post(collector.url, body))).toBeGreaterThanOrEqual(49);
    expect(collector.requests[0]?.status).toBe(503);
  });

  it('accepts no item from a client that has left by then', async () => {
    collector.setFault({ kind: 'latency', millis: 5000 });
    const leaving = new AbortController();
    const lost = failureOf(post(collector.url, body, { signal: leaving.signal }));
    await collector.until(({ requests }) => requests[0]?.items === 10);

    leaving.abort();
    expect(await lost).toMatchObject({ name: 'AbortError' });
    await collector.until((now) => now.counts().inFlight === 0);

    expect(collector.counts()).toMatchObject({ items: 0, unanswered: 10, rejected: 0 });
  });
});

describe('status', () => {
  it.each([400, 413, 429, 500, 502, 503, 504])('answers %i and accepts no item', async (code) => {
    collector.setFault({ kind: 'status', code });

    const answer = await post(collector.url, body);

    expect(answer.status).toBe(code);
    expect(answer.headers['retry-after']).toBeUndefined();
    // google.rpc.Status: field 2 is the message
    expect(answer.body.subarray(0, 2)).toEqual(Buffer.from([0x12, answer.body.length - 2]));
    expect(collector.counts()).toMatchObject({ items: 0, unique: 0, rejected: 10, inFlight: 0 });
    expect(collector.requests[0]).toMatchObject({ status: code, items: 10, acceptedItems: 0 });
  });

  it('sends Retry-After as given', async () => {
    collector.queueFaults(
      { kind: 'status', code: 429, retryAfter: '2' },
      { kind: 'status', code: 503, retryAfter: 'soon' },
    );

    expect((await post(collector.url, body)).headers['retry-after']).toBe('2');
    expect((await post(collector.url, body)).headers['retry-after']).toBe('soon');
  });

  it('can redirect', async () => {
    collector.setFault({ kind: 'status', code: 302, headers: { location: '/elsewhere' } });

    const answer = await fetch(`${collector.url}/v1/traces`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-protobuf' },
      body: Buffer.from(body),
    });

    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/elsewhere']);
    expect(collector.counts()).toMatchObject({ items: 0, rejected: 10 });
  });

  it('sends the given body and headers', async () => {
    collector.setFault({ kind: 'status', code: 400, body: 'wröng', headers: { 'content-type': 'text/plain' } });

    const answer = await post(collector.url, body);

    expect(answer.body.toString()).toBe('wröng');
    expect(answer.headers['content-type']).toBe('text/plain');
  });

  it('accepts items if the status is below 300', async () => {
    collector.setFault({ kind: 'status', code: 202 });

    expect((await post(collector.url, body)).status).toBe(202);
    expect(collector.counts()).toMatchObject({ items: 10, rejected: 0 });
  });
});

describe('a connection that is lost', () => {
  it('reset: the client sees ECONNRESET after the collector has read everything', async () => {
    collector.setFault({ kind: 'reset' });

    await expect(post(collector.url, body)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await collector.until((now) => now.counts().inFlight === 0);

    expect(collector.requests[0]).toMatchObject({ bytes: body.length, items: 10, acceptedItems: 0, status: undefined });
    expect(collector.counts()).toMatchObject({ items: 0, unanswered: 10, rejected: 0 });
  });

  it('reset: the client gets RST, not FIN', async () => {
    collector.setFault({ kind: 'reset' });

    // The error of a connection that ends cleanly has no `syscall`.
    await expect(post(collector.url, body)).rejects.toMatchObject({ code: 'ECONNRESET', syscall: 'read' });
  });

  it('reset-mid-request: the connection breaks before the body has arrived', async () => {
    collector.setFault({ kind: 'reset-mid-request' });
    const sent = open(collector.url, { headers: { 'content-length': String(body.length) } });
    sent.write(body.subarray(0, 10));

    await expect(answerTo(sent)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await collector.until((now) => now.counts().inFlight === 0);

    expect(collector.counts()).toMatchObject({ requests: 1, items: 0 });
    expect(collector.requests[0]).toMatchObject({ items: 0, status: undefined });
  });

  it('close-before-answer: the connection ends cleanly without an answer', async () => {
    collector.setFault({ kind: 'close-before-answer' });

    await expect(post(collector.url, body)).rejects.toThrow('socket hang up');
    await collector.until((now) => now.counts().inFlight === 0);

    expect(collector.counts()).toMatchObject({ items: 0, unanswered: 10 });
  });

  it.each(['reset', 'close-before-answer'] as const)(
    '%s: the items may be kept, so that the retry is a duplicate',
    async (kind) => {
      collector.queueFaults({ kind, keepsItems: true });

      await expect(post(collector.url, body)).rejects.toMatchObject({ code: 'ECONNRESET' });
      await post(collector.url, body);

      expect(collector.counts()).toMatchObject({ items: 20, unique: 10, duplicates: 10, unanswered: 0 });
    },
  );

  it('does not affect other connections', async () => {
    collector.queueFaults({ kind: 'latency', millis: 50 }, { kind: 'reset' });
    const slow = post(collector.url, body);
    await collector.until(({ requests }) => requests.length === 1);

    await expect(post(collector.url, body)).rejects.toMatchObject({ code: 'ECONNRESET' });

    expect((await slow).status).toBe(200);
  });
});

describe('hang', () => {
  it('reads the request and never answers, and the items can be delivered later', async () => {
    collector.queueFaults({ kind: 'hang' });
    const leaving = new AbortController();
    const lost = failureOf(post(collector.url, body, { signal: leaving.signal }));
    await collector.until(({ requests }) => requests[0]?.items === 10);
    expect(collector.counts()).toMatchObject({ inFlight: 1, unanswered: 0 });

    leaving.abort();
    expect(await lost).toMatchObject({ name: 'AbortError' });
    await collector.until((now) => now.counts().inFlight === 0);
    await post(collector.url, body);

    expect(collector.counts()).toMatchObject({ items: 10, duplicates: 0, unanswered: 10, rejected: 0 });
    expect(collector.requests[0]).toMatchObject({ status: undefined, answeredAt: undefined });
  });

  it('takes no place that other requests wait for', async () => {
    await using narrow = await startCollector({ maxConcurrent: 1 });
    narrow.queueFaults({ kind: 'hang' });
    const hung = failureOf(post(narrow.url, body));
    await narrow.until(({ requests }) => requests[0]?.items === 10);

    expect((await post(narrow.url, body)).status).toBe(200);
    await narrow.close();
    expect(await hung).toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('answers', () => {
  it('slow-drip: sends the status immediately and the body bit by bit, and accepts the items', async () => {
    collector.setFault({ kind: 'slow-drip', bytesPerSecond: 200, bytes: 20 });
    const sent = open(collector.url);
    sent.end(body);
    const start = performance.now();
    const [response] = await once(sent, 'response');
    const headersAfter = performance.now() - start;
    let chunks = 0;
    response.on('data', () => (chunks += 1));
    await once(response, 'end');
    const bodyAfter = performance.now() - start;

    expect(response.statusCode).toBe(200);
    expect(chunks).toBeGreaterThan(2);
    expect(bodyAfter).toBeGreaterThanOrEqual(95);
    expect(headersAfter).toBeLessThan(bodyAfter / 2);
    expect(collector.counts()).toMatchObject({ items: 10, inFlight: 0 });
  });

  it('slow-drip: sends a body that upstream reads as full success', async () => {
    collector.setFault({ kind: 'slow-drip', bytesPerSecond: 10_000 });

    const answer = await post(collector.url, body);

    expect(answer.body.length).toBe(64);
    expect(ProtobufTraceSerializer.deserializeResponse(answer.body).partialSuccess?.rejectedSpans ?? 0).toBe(0);
  });

  it('slow-drip: stops when the client leaves', async () => {
    collector.queueFaults({ kind: 'slow-drip', bytesPerSecond: 200, bytes: 20 }, { kind: 'latency', millis: 250 });
    const sent = open(collector.url);
    sent.end(body);
    const [response] = await once(sent, 'response');
    expect(collector.counts().inFlight).toBe(1);

    response.on('error', () => undefined);
    sent.destroy();
    await collector.until((now) => now.counts().inFlight === 0);
    await post(collector.url, body);

    expect(collector.requests[0]?.answeredAt).toBeUndefined();
  });

  it('partial-success: accepts all but the last items and reports that to upstream', async () => {
    collector.setFault({ kind: 'partial-success', rejected: 3, message: 'too old' });

    const answer = await post(collector.url, body);

    expect(answer.status).toBe(200);
    const { partialSuccess } = ProtobufTraceSerializer.deserializeResponse(answer.body);
    expect([Number(partialSuccess?.rejectedSpans), partialSuccess?.errorMessage]).toEqual([3, 'too old']);
    expect(collector.counts()).toMatchObject({ items: 7, unique: 7, rejected: 3 });
    expect(ids.map((id) => collector.ids.has(id))).toEqual([...Array(7).fill(true), ...Array(3).fill(false)]);
    expect(collector.spans()).toHaveLength(7);
  });

  it('partial-success: encodes large numbers', async () => {
    collector.setFault({ kind: 'partial-success', rejected: 5_000_000_000 });

    const { partialSuccess } = ProtobufTraceSerializer.deserializeResponse((await post(collector.url, body)).body);

    expect(Number(partialSuccess?.rejectedSpans)).toBe(5_000_000_000);
    expect(collector.counts()).toMatchObject({ items: 0, rejected: 10 });
  });

  it('max-body: answers 413 above the limit and accepts a body of exactly the limit', async () => {
    collector.queueFaults({ kind: 'max-body', bytes: body.length - 1 }, { kind: 'max-body', bytes: body.length });

    expect((await post(collector.url, body)).status).toBe(413);
    expect(collector.counts()).toMatchObject({ items: 0, rejected: 10 });
    expect((await post(collector.url, body)).status).toBe(200);
    expect(collector.counts()).toMatchObject({ items: 10, rejected: 10 });
  });

  it.each([
    [false, undefined],
    [true, '1000000'],
  ])('huge-response: sends that many bytes, length declared: %s', async (declaresLength, length) => {
    collector.setFault({ kind: 'huge-response', bytes: 1_000_000, declaresLength });

    const answer = await post(collector.url, body);

    expect([answer.status, answer.body.length, answer.headers['content-length']]).toEqual([200, 1_000_000, length]);
    expect(collector.counts()).toMatchObject({ items: 10, inFlight: 0 });
  });

  it('huge-response: stops when the client leaves', async () => {
    collector.setFault({ kind: 'huge-response', bytes: 1_000_000_000 });
    const sent = open(collector.url);
    sent.end(body);
    const [response] = await once(sent, 'response');
    await once(response, 'readable');
    response.on('error', () => undefined);
    sent.destroy();

    await collector.until((now) => now.counts().inFlight === 0);
    expect(collector.counts()).toMatchObject({ items: 10 });
  });

  it('garbage-response: sends a body that upstream cannot decode, and accepts the items', async () => {
    collector.setFault({ kind: 'garbage-response' });

    const answer = await post(collector.url, body);

    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/x-protobuf']);
    expect(() => ProtobufTraceSerializer.deserializeResponse(answer.body)).toThrow(/./);
    expect(collector.counts().items).toBe(10);
  });

  it.each([
    [200, { items: 10, rejected: 0 }],
    [413, { items: 0, rejected: 10 }],
  ])('answer-before-body: answers %i while the client is still sending', async (code, counts) => {
    collector.setFault({ kind: 'answer-before-body', code });
    const sent = open(collector.url, { headers: { 'content-length': String(body.length) } });
    sent.write(body.subarray(0, 10));

    const answer = await answerTo(sent);
    expect(answer.status).toBe(code);
    expect(collector.counts()).toMatchObject({ items: 0, rejected: 0 });
    sent.end(body.subarray(10));
    await collector.until(({ requests }) => requests[0]?.items === 10);

    expect(collector.counts()).toMatchObject({ ...counts, inFlight: 0 });
  });
});

describe('an answer that is not HTTP', () => {
  it('cannot be parsed by the client, and no item is accepted', async () => {
    collector.setFault({ kind: 'not-http' });

    expect(await failureOf(post(collector.url, body))).toMatchObject({ code: 'HPE_INVALID_CONSTANT' });
    await collector.until((now) => now.counts().inFlight === 0);

    expect(collector.counts()).toMatchObject({ items: 0, unanswered: 10 });
  });
});

describe('a poison item', () => {
  it.each(['full', 'ids'] as const)(
    'affects each request that carries it, and no other (decode: %s)',
    async (decode) => {
      await using other = await startCollector({ decode });
      other.setFault({ kind: 'poison', id: ids[3]!, fault: { kind: 'status', code: 504 } });

      expect((await post(other.url, body)).status).toBe(504);
      expect((await post(other.url, traceBody(10).body)).status).toBe(200);
      expect((await post(other.url, body)).status).toBe(504);

      expect(other.requests.map(({ fault }) => fault)).toEqual(['poison', undefined, 'poison']);
      expect(other.counts()).toMatchObject({ items: 10, rejected: 20 });
    },
  );

  it('may be a log record, identified by its uid', async () => {
    collector.setFault({ kind: 'poison', id: 'b', fault: { kind: 'reset' } });
    const path = '/v1/logs';

    await expect(post(collector.url, logBody(['a', 'b']), { path })).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await post(collector.url, logBody(['c']), { path })).status).toBe(200);
  });
});

describe('limited', () => {
  it('serves that many requests at a time and the others in order', async () => {
    // All six must have arrived before the first is answered, even on a busy machine.
    collector.setFault({ kind: 'limited', concurrency: 2, serviceMillis: 250 });
    const agent = new Agent({ keepAlive: true });
    const answered: number[] = [];

    const millis = await millisOf(() =>
      Promise.all(
        Array.from({ length: 6 }, async (_, index) => {
          await collector.until(({ requests }) => requests.length === index);
          await post(collector.url, body, { agent });
          answered.push(index);
        }),
      ),
    );
    agent.destroy();

    expect(millis).toBeGreaterThanOrEqual(745);
    expect(answered).toEqual([0, 1, 2, 3, 4, 5]);
    expect(mostServedAtOnce(250)).toBe(2);
    expect(collector.requests.map(({ inFlight }) => inFlight)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(collector.counts()).toMatchObject({ items: 60, inFlight: 0, maxInFlight: 6 });
  });

  it('shows the limit of a client that sends fewer requests at a time than may be served', async () => {
    collector.setFault({ kind: 'limited', concurrency: 4, serviceMillis: 5 });
    const agent = new Agent({ keepAlive: true, maxSockets: 3 });

    await Promise.all(Array.from({ length: 12 }, () => post(collector.url, body, { agent })));
    agent.destroy();

    expect(collector.counts().maxInFlight).toBe(3);
    expect(collector.requests.slice(3).every(({ inFlight }) => inFlight <= 3)).toBe(true);
  });

  it('does not serve a request whose client left while it waited', async () => {
    collector.setFault({ kind: 'limited', concurrency: 1, serviceMillis: 80 });
    const leaving = new AbortController();
    const first = post(collector.url, body);
    await collector.until(({ requests }) => requests[0]?.items === 10);
    const second = failureOf(post(collector.url, body, { signal: leaving.signal }));
    await collector.until(({ requests }) => requests[1]?.items === 10);
    const third = post(collector.url, body);
    await collector.until(({ requests }) => requests[2]?.items === 10);
    leaving.abort();
    expect(await second).toMatchObject({ name: 'AbortError' });
    await Promise.all([first, third]);

    const [one, , three] = collector.requests;
    expect(three!.answeredAt! - one!.answeredAt!).toBeLessThan(150);
    expect(collector.counts()).toMatchObject({ items: 20, unanswered: 10 });
  });

  it('gives a freed place to only one request', async () => {
    collector.setFault({ kind: 'limited', concurrency: 1, serviceMillis: 60 });
    const first = post(collector.url, body);
    await collector.until(({ requests }) => requests[0]?.items === 10);
    const second = post(collector.url, body);
    await first;
    await Promise.all([second, post(collector.url, body)]);

    const [, two, three] = collector.requests;
    expect(three!.answeredAt! - two!.answeredAt!).toBeGreaterThanOrEqual(55);
  });

  it('keeps the place of a request whose client left while it was served', async () => {
    collector.setFault({ kind: 'limited', concurrency: 1, serviceMillis: 80 });
    const leaving = new AbortController();
    const first = failureOf(post(collector.url, body, { signal: leaving.signal }));
    await collector.until(({ requests }) => requests[0]?.items === 10);
    leaving.abort();
    expect(await first).toMatchObject({ name: 'AbortError' });
    await post(collector.url, body);

    expect(collector.requests[1]!.answeredAt! - collector.requests[0]!.at).toBeGreaterThanOrEqual(155);
  });

  it('takes time for each item, and with servesAbandoned also serves a request whose client left while it waited', async () => {
    collector.setFault({ kind: 'limited', concurrency: 1, serviceMillis: 20, itemMillis: 6, servesAbandoned: true });
    const leaving = new AbortController();
    const first = post(collector.url, body);
    await collector.until(({ requests }) => requests[0]?.items === 10);
    const second = failureOf(post(collector.url, body, { signal: leaving.signal }));
    await collector.until(({ requests }) => requests[1]?.items === 10);
    leaving.abort();
    await Promise.all([first, second, post(collector.url, body)]);

    const [one, two, three] = collector.requests;
    expect(one!.answeredAt! - one!.at).toBeGreaterThanOrEqual(79);
    expect(three!.answeredAt! - one!.answeredAt!).toBeGreaterThanOrEqual(158);
    expect(two).toMatchObject({ status: undefined, acceptedItems: 0 });
  });

  it('limits every request of a collector started with maxConcurrent', async () => {
    await using narrow = await startCollector({ maxConcurrent: 1 });
    narrow.setFault({ kind: 'latency', millis: 40 });

    const millis = await millisOf(() => Promise.all([1, 2, 3].map(() => post(narrow.url, body))));

    expect(millis).toBeGreaterThanOrEqual(117);
  });
});

/** Assumes that each request was served for the last `millis` before its answer, minus a tolerance for the timers. */
function mostServedAtOnce(millis: number): number {
  const spans = collector.requests.map(({ answeredAt }) => ({ from: answeredAt! - millis + 15, to: answeredAt! }));
  return Math.max(...spans.map(({ from }) => spans.filter((other) => other.from <= from && from < other.to).length));
}
