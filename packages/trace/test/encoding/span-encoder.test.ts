import { ProtobufWriter, UnencodableError } from '@spillway/otlp/encoding';
import { describe, expect, it, vi } from 'vitest';
import { SpanEncoder } from '../../src/encoding/span-encoder.ts';
import type { ReadableSpanLike } from '../../src/readable-span.ts';
import { decodeSpan } from './decode-span.ts';

const context = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };

function makeSpan(changes: Record<string, unknown> = {}): ReadableSpanLike {
  const span = {
    name: 'GET /orders',
    kind: 1,
    spanContext: () => context,
    startTime: [1_700_000_000, 1],
    endTime: [1_700_000_001, 2],
    duration: [1, 1],
    status: { code: 0 },
    attributes: { a: 1 },
    links: [],
    events: [],
    resource: { attributes: {} },
    instrumentationScope: { name: 'scope' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
  return Object.defineProperties(span, Object.getOwnPropertyDescriptors(changes)) as unknown as ReadableSpanLike;
}

function encode(span: ReadableSpanLike, encoder = new SpanEncoder()) {
  const writer = new ProtobufWriter((needed) => new Uint8Array(needed * 2));
  encoder.encode(span, writer);
  return decodeSpan(writer.bytes.subarray(0, writer.position));
}

function refuse(): never {
  throw new Error('no');
}

describe('the part of a span that cannot be encoded', () => {
  it('is left out attribute by attribute, and added to the count of attributes that the SDK dropped', () => {
    const onAttributeDropped = vi.fn<(key: string, error: unknown) => void>();
    const span = encode(
      makeSpan({
        attributes: { good: 1, bad: () => 1, alsoGood: 2 },
        droppedAttributesCount: 3,
        events: [{ name: 'e', time: [1, 1], attributes: { bad: Symbol('s') }, droppedAttributesCount: 1 }],
        links: [{ context, attributes: { bad: Symbol('s') } }],
      }),
      new SpanEncoder({ onAttributeDropped }),
    );
    expect(span.attributes.map(({ key }) => key)).toEqual(['good', 'alsoGood']);
    expect(span.droppedAttributesCount).toBe(4);
    expect(span.events[0]?.droppedAttributesCount).toBe(2);
    expect(span.links[0]?.droppedAttributesCount).toBe(1);
    expect(onAttributeDropped).toHaveBeenCalledTimes(3);
  });

  it('is left out and counted, event by event and link by link', () => {
    const good = { name: 'good', time: [1, 1] };
    const span = encode(
      makeSpan({
        events: [good, Object.defineProperty({ ...good }, 'name', { get: refuse }), null, good],
        droppedEventsCount: 1,
        links: [
          { context: { ...context, traceId: 'abc' } },
          { context },
          { context: { ...context, spanId: 'z'.repeat(16) } },
          {},
        ],
        droppedLinksCount: 1,
      }),
    );
    expect(span.events.map(({ name }) => name)).toEqual(['good', 'good']);
    expect(span.droppedEventsCount).toBe(3);
    expect(span.links).toHaveLength(1);
    expect(span.droppedLinksCount).toBe(4);
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>?]>([
    ['a name', { name: 42 }, { name: '' }],
    ['a kind', { kind: 9 }, { kind: 0 }],
    ['a status', { status: { code: 77, message: {} } }],
    ['times', { startTime: undefined, endTime: ['1', Number.NaN] }, { startTimeUnixNano: '0', endTimeUnixNano: '0' }],
    ['a time before 1970', { startTime: [-1, 0] }, { startTimeUnixNano: '0' }],
    ['a parent without a valid id', { parentSpanContext: { traceId: '', spanId: 'short', traceFlags: 0 } }],
    ['counts', { droppedAttributesCount: Number.NaN, droppedEventsCount: -1, droppedLinksCount: undefined }],
    ['a trace state that throws', { spanContext: () => ({ ...context, traceState: { serialize: refuse } }) }],
    ['a trace state that is a string', { spanContext: () => ({ ...context, traceState: 'x=1' }) }],
    ['missing attributes', { attributes: undefined }],
  ])('gets its default, and the span is kept: %s', (_, changes, expected) => {
    const span = encode(makeSpan(changes));
    expect(span.spanId).toBe(context.spanId);
    expect(span).toMatchObject({ parentSpanId: '', traceState: '', ...expected });
    expect(span.droppedAttributesCount + span.droppedEventsCount + span.droppedLinksCount).toBe(0);
  });

  it.each<[string, Record<string, unknown>]>([
    ['a trace id of 31 digits', { spanContext: () => ({ ...context, traceId: context.traceId.slice(1) }) }],
    [
      'a trace id with a letter beyond f',
      { spanContext: () => ({ ...context, traceId: `g${context.traceId.slice(1)}` }) },
    ],
    [
      'a trace id with a character whose low byte is a digit',
      { spanContext: () => ({ ...context, traceId: `\u0130${context.traceId.slice(1)}` }) },
    ],
    ['a span id that is a number', { spanContext: () => ({ ...context, spanId: 1 }) }],
    ['a context that throws', { spanContext: refuse }],
    ['events that throw', Object.defineProperty({}, 'events', { enumerable: true, get: refuse })],
  ])('is the whole span: %s', (_, changes) => {
    const writer = new ProtobufWriter((needed) => new Uint8Array(needed * 2));
    writer.reserve(10);
    writer.position = writer.itemStart = 5;
    expect(() => new SpanEncoder().encode(makeSpan(changes), writer)).toThrow(UnencodableError);
    expect(writer.offset).toBe(0);
  });
});

describe('a span', () => {
  it('may have ids in upper case', () => {
    const { traceId, spanId } = context;
    const capitals = { ...context, traceId: traceId.toUpperCase(), spanId: spanId.toUpperCase() };
    expect(encode(makeSpan({ spanContext: () => capitals }))).toMatchObject({ traceId, spanId });
  });

  it('has the id of its parent, its trace state, and flags that say whether the parent is remote', () => {
    const traceState = { serialize: () => 'ot=th:8' };
    const parentSpanContext = { ...context, spanId: '00f067aa0ba902b7', isRemote: true };
    expect(encode(makeSpan({ spanContext: () => ({ ...context, traceState }), parentSpanContext }))).toMatchObject({
      traceState: 'ot=th:8',
      parentSpanId: '00f067aa0ba902b7',
      flags: 0x301,
    });
    expect(encode(makeSpan()).flags).toBe(0x101);
  });

  it('throws the refusal of the growth policy unchanged', () => {
    const refusal = new Error('too large');
    const writer = new ProtobufWriter((needed) => {
      if (needed > 500) throw refusal;
      return new Uint8Array(needed);
    });
    for (const changes of [
      { attributes: { a: ['x'.repeat(600)] } },
      { events: [{ name: 'x'.repeat(600), time: [1, 1] }] },
      { links: [{ context, attributes: { a: 'x'.repeat(600) } }] },
    ]) {
      writer.itemStart = writer.position;
      expect(() => new SpanEncoder().encode(makeSpan(changes), writer)).toThrow(refusal);
    }
  });
});

it('the trace state of a span is written once, with the threshold that it has passed or without one', () => {
  const span = makeSpan({
    spanContext: () => ({ ...context, traceState: { serialize: () => 'vendor=1' } }),
  });
  for (const isSaid of [true, false]) {
    const writer = new ProtobufWriter((needed) => new Uint8Array(needed * 2));
    new SpanEncoder().encode(span, writer, { threshold: 0xc000, randomness: 0, isSaid });
    const bytes = writer.bytes.subarray(0, writer.position);
    expect(Buffer.from(bytes).toString('latin1').split('vendor=1')).toHaveLength(2);
    expect(decodeSpan(bytes).traceState).toBe(isSaid ? 'ot=th:c000,vendor=1' : 'vendor=1');
  }
});
