import type { ItemEncoder } from '@spillway/otlp/encoding';
import { ProtobufWriter } from '@spillway/otlp/encoding';
import { LogRecordEncoder } from '@spillway/logs';
import { type ReadableSpanLike, SpanEncoder } from '@spillway/trace';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyLogRecord } from './log-record-arbitrary.ts';
import { anySpan } from './span-arbitrary.ts';

/** Items of one sequence that are repeated, so that the encoder meets the same keys, texts and names again. */
const REPETITIONS = 6;

function bytesOf<Item>(item: Item, encoder: ItemEncoder<Item>): string {
  const writer = new ProtobufWriter((needed) => new Uint8Array(needed));
  encoder.encode(item, writer);
  return Buffer.from(writer.bytes.subarray(0, writer.position)).toString('hex');
}

function expectSameBytes<Item>(
  items: readonly Item[],
  warm: ItemEncoder<Item>,
  makeCold: () => ItemEncoder<Item>,
): void {
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    for (const item of items) expect(bytesOf(item, warm)).toBe(bytesOf(item, makeCold()));
  }
}

/** Attribute values of which some come again and others change, in any order. */
const changingText = fc.constantFrom(
  'GET',
  'POST',
  'https',
  '/api/orders/{orderId}',
  'x'.repeat(59),
  'x'.repeat(60),
  'y'.repeat(60),
  'x'.repeat(61),
  'é',
  '漢字',
  '\ud800',
  '',
);
const changingValue = fc.oneof(
  { weight: 8, arbitrary: changingText },
  fc.constantFrom(0, 200, 0.5, true, null, undefined),
  fc.array(changingText, { maxLength: 2 }),
);
const changingAttributes = fc.dictionary(fc.constantFrom('a', 'b', 'k'.repeat(61), '__proto__', '漢'), changingValue, {
  noNullPrototype: true,
});

describe('an encoder that remembers keys, texts and names', () => {
  it('writes the same bytes as a new one: spans', () => {
    const warm = new SpanEncoder();
    fc.assert(
      fc.property(fc.array(anySpan, { minLength: 1, maxLength: 3 }), (spans) =>
        expectSameBytes<ReadableSpanLike>(spans, warm, () => new SpanEncoder()),
      ),
      { numRuns: 60 },
    );
  });

  it('writes the same bytes as a new one: log records', () => {
    const warm = new LogRecordEncoder();
    fc.assert(
      fc.property(fc.array(anyLogRecord, { minLength: 1, maxLength: 3 }), (records) =>
        expectSameBytes(records, warm, () => new LogRecordEncoder()),
      ),
      { numRuns: 60 },
    );
  });

  it('writes the same bytes as a new one, whichever texts come again', () => {
    const span = fc.record({ name: changingText, attributes: changingAttributes, eventName: changingText });
    const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
    const warm = new SpanEncoder();
    const toSpan = ({ name, attributes, eventName }: { name: string; attributes: object; eventName: string }) =>
      ({
        name,
        attributes,
        kind: 0,
        spanContext: () => ids,
        startTime: [1, 2],
        endTime: [3, 4],
        status: { code: 0 },
        links: [],
        events: [{ name: eventName, time: [1, 2], attributes }],
        resource: { attributes: {} },
        instrumentationScope: { name: '' },
        droppedAttributesCount: 0,
        droppedEventsCount: 0,
        droppedLinksCount: 0,
      }) as ReadableSpanLike;
    fc.assert(
      fc.property(fc.array(span, { minLength: 20, maxLength: 60 }), (spans) => {
        for (const one of spans.map(toSpan)) expect(bytesOf(one, warm)).toBe(bytesOf(one, new SpanEncoder()));
      }),
    );
  });
});
