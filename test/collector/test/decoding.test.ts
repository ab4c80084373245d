import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadDefinitions, startCollector } from '../src/index.ts';
import { LogStore } from '../src/log-store.ts';
import type { SignalStore } from '../src/signal-store.ts';
import { SpanStore } from '../src/span-store.ts';
import { logBody, traceBody } from './bodies.ts';
import { post } from './client.ts';

const definitions = await loadDefinitions();

function acceptAll<Store extends SignalStore>(store: Store, body: Uint8Array): Store {
  const items = store.read(body);
  items.accept(items.count);
  return store;
}

describe('reading only ids', () => {
  it.each([0, 1, 2, 700, 3000])('finds the same %i spans as upstream', (spanCount) => {
    const { body, ids } = traceBody(spanCount);

    const walked = acceptAll(new SpanStore(undefined), body);
    const decoded = acceptAll(new SpanStore(definitions), body);

    expect(walked.accepted).toBe(spanCount);
    expect(new Set([...walked.ids].map(([id]) => id))).toEqual(new Set(ids));
    expect(new Map(walked.ids)).toEqual(new Map(decoded.ids));
  });

  it('keeps the first items of a request', () => {
    const { body, ids } = traceBody(5);
    const store = new SpanStore(undefined);

    store.read(body).accept(2);

    expect(ids.map((id) => store.ids.has(id))).toEqual([true, true, false, false, false]);
  });

  it('keeps the ids of one request apart from those of the next', () => {
    const first = traceBody(3);
    const second = traceBody(3);
    const store = new SpanStore(undefined);

    const pending = store.read(first.body);
    store.read(second.body);
    pending.accept(3);

    expect(first.ids.every((id) => store.ids.has(id))).toBe(true);
    expect(second.ids.some((id) => store.ids.has(id))).toBe(false);
  });

  it('skips unknown fields of every wire type', () => {
    const unknown = [
      0x78,
      0xff,
      0xff,
      0xff,
      0xff,
      0xff,
      0xff,
      0xff,
      0xff,
      0xff,
      0x01, // a varint of 64 bits
      0x79,
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8, // fixed64
      0x7a,
      2,
      0x12,
      0x12, // bytes that look like tags
      0x7d,
      1,
      2,
      3,
      4, // fixed32
    ];
    const span = message(0x12, [...unknown, 0x12, 8, 0, 0, 0, 0, 0, 0, 0, 0xff, ...unknown]);
    const body = message(0x0a, [...unknown, ...message(0x12, [...unknown, ...span, ...unknown]), ...unknown]);

    const store = acceptAll(new SpanStore(undefined), Uint8Array.from([...unknown, ...body, ...unknown]));

    expect([...store.ids]).toEqual([['00000000000000ff', 1]]);
  });

  it.each([
    ['undefined', undefined],
    ['definitions', definitions],
  ])('refuses a span whose id has another length, with %s', (_which, given) => {
    const span = message(0x12, [0x12, 4, 1, 2, 3, 4]);
    const noId = message(0x12, []);

    for (const item of [span, noId]) {
      const body = Uint8Array.from(message(0x0a, message(0x12, item)));
      expect(() => new SpanStore(given).read(body)).toThrow('a span id of');
    }
  });

  it('either reads or refuses any bytes', () => {
    const { body } = traceBody(3);
    const cut = fc.nat(body.length - 1).map((length) => body.subarray(0, length));
    const flipped = fc.tuple(fc.nat(body.length - 1), fc.nat(255)).map(([at, byte]) => body.with(at, byte));
    fc.assert(
      fc.property(fc.oneof(cut, flipped, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        expect(['read', 'MalformedBodyError']).toContain(fateOf(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses a length that reaches beyond the message around it', () => {
    const span = [0x12, 12, 0x12, 8, 0, 0, 0, 0, 0, 0, 0, 1]; // says 12, has 10
    const body = Uint8Array.from([...message(0x0a, message(0x12, span)), 0x0a, 0]);

    expect(() => new SpanStore(undefined).read(body)).toThrow('is cut');
  });

  it.each([
    ['a number of 8 bytes', [0x79, 1, 2, 3, 4, 5, 6, 7]],
    ['a number of 4 bytes', [0x7d, 1, 2, 3]],
    ['a varint', [0x78, 0x80]],
    ['a length of 2 to the 35th and 1', [0x7a, 0x81, 0x80, 0x80, 0x80, 0x80, 0x01, ...Array<number>(9).fill(0)]],
    ['a varint of 11 bytes', [0x78, ...Array<number>(10).fill(0xff), 0]],
    ['a group', [0x7b]],
  ])('refuses %s that is incomplete or not allowed, even if more bytes follow', (_what, field) => {
    const scope = message(0x12, [...message(0x12, [0x12, 8, 0, 0, 0, 0, 0, 0, 0, 1]), ...field]);
    const body = Uint8Array.from([...message(0x0a, scope), ...message(0x0a, message(0x12, []))]);

    expect(fateOf(body)).toBe('MalformedBodyError');
  });

  it('finds the same log records and uids as upstream', () => {
    const { spanContexts } = traceBody(2);
    const body = logBody(['a', undefined, 'ö', 'a'], [...spanContexts, undefined, spanContexts[0]]);

    const walked = acceptAll(new LogStore(undefined), body);
    const decoded = acceptAll(new LogStore(definitions), body);

    expect([walked.accepted, walked.duplicates]).toEqual([4, 1]);
    expect(walked.ids).toEqual(
      new Map([
        ['a', 2],
        ['ö', 1],
      ]),
    );
    expect(walked.ids).toEqual(decoded.ids);
    expect(new Map(walked.spanIds)).toEqual(
      new Map([
        [spanContexts[0]!.spanId, 2],
        [spanContexts[1]!.spanId, 1],
      ]),
    );
    expect(new Map(walked.spanIds)).toEqual(new Map(decoded.spanIds));
  });

  it.each([
    ['a span id without a trace id', [0x52, 8, 1, 2, 3, 4, 5, 6, 7, 8]],
    ['a span id of 7 bytes', [0x4a, 16, ...Array<number>(16).fill(1), 0x52, 7, 1, 2, 3, 4, 5, 6, 7]],
    ['a trace id of 15 bytes', [0x4a, 15, ...Array<number>(15).fill(1), 0x52, 8, 1, 2, 3, 4, 5, 6, 7, 8]],
  ])('does not count %s as trace context of a log record', (_what, record) => {
    const body = Uint8Array.from(message(0x0a, message(0x12, message(0x12, record))));

    for (const store of [new LogStore(undefined), new LogStore(definitions)]) {
      expect([acceptAll(store, body).accepted, store.spanIds.size]).toEqual([1, 0]);
    }
  });

  it('is used by a collector with decode: ids, which keeps neither items nor headers', async () => {
    await using collector = await startCollector({ decode: 'ids' });
    const { body, ids } = traceBody(6);

    expect((await post(collector.url, body)).status).toBe(200);
    expect((await post(collector.url, body.subarray(0, 50))).status).toBe(400);

    expect(ids.every((id) => collector.ids.has(id))).toBe(true);
    expect(collector.requests[0]?.headers).toEqual({});
    expect(() => collector.spans()).toThrow("decode: 'ids' keeps no items");
    expect(() => collector.logRecords()).toThrow("decode: 'ids' keeps no items");
  });
});

function fateOf(bytes: Uint8Array): string {
  try {
    new SpanStore(undefined).read(bytes);
    return 'read';
  } catch (error) {
    return error instanceof Error ? error.name : 'something else';
  }
}

/** A message of less than 16 KiB after its tag. */
function message(tag: number, content: readonly number[]): number[] {
  return [tag, 0x80 | (content.length & 0x7f), content.length >> 7, ...content];
}
