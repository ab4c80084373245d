import {
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufMetricsSerializer,
} from '@opentelemetry/otlp-transformer';
import { admissionTo } from '@spillway/backpressure';
import { LogRecordEncoder } from '@spillway/logs';
import { forEachPoint, MetricBuffer } from '@spillway/metrics';
import { SpanEncoder } from '@spillway/trace';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Transcoder } from '../../packages/otlp/src/json/transcoder.ts';
import { anyCollection } from './collection-arbitrary.ts';
import { anyLogRecord } from './log-record-arbitrary.ts';
import { anyMetrics } from './metrics-arbitrary.ts';
import { EVERY_METRICS_FIELD, EVERY_SPAN_FIELD } from './every-field.ts';
import { encodeRequest, type RequestName, requestOf } from './request-of.ts';
import { comparable } from './same-json.ts';
import { anySpan } from './span-arbitrary.ts';

const read = (json: Uint8Array): unknown => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));

function transcodeToJson(signal: RequestName, request: Uint8Array, sliceBytes = Infinity): Uint8Array {
  const transcoder = new Transcoder(signal, request);
  while (!transcoder.advance(sliceBytes));
  return transcoder.json;
}

const transcoded = (signal: RequestName, request: Uint8Array): unknown => read(transcodeToJson(signal, request));

const spanEncoder = new SpanEncoder();
const logRecordEncoder = new LogRecordEncoder();

describe('an encoded request, transcoded to JSON', () => {
  it('means the same as upstream’s JSON serializer writes, whatever a span holds', () => {
    fc.assert(
      fc.property(anySpan, (span) => {
        const upstream = JsonTraceSerializer.serializeRequest([span]) as Uint8Array;
        const ours = transcoded('traces', requestOf(span, spanEncoder));
        expect(comparable(ours)).toEqual(comparable(read(upstream)));
      }),
      { numRuns: 300 },
    );
  });

  it('means the same, whatever a log record holds', () => {
    fc.assert(
      fc.property(anyLogRecord, (record) => {
        const upstream = JsonLogsSerializer.serializeRequest([record as never]) as Uint8Array;
        const ours = transcoded('logs', requestOf(record, logRecordEncoder));
        expect(comparable(ours)).toEqual(comparable(read(upstream)));
      }),
      { numRuns: 300 },
    );
  });

  it('means the same, whatever a collection of metrics holds', () => {
    fc.assert(
      fc.property(anyMetrics, (metrics) => {
        const upstream = JsonMetricsSerializer.serializeRequest(metrics) as Uint8Array;
        const ours = transcoded('metrics', ProtobufMetricsSerializer.serializeRequest(metrics) as Uint8Array);
        expect(comparable(ours)).toEqual(comparable(read(upstream)));
      }),
      { numRuns: 300 },
    );
  });

  it('means the same for a request that the buffer of metrics has assembled', () => {
    const buffer = new MetricBuffer();
    fc.assert(
      fc.property(anyCollection, (collection) => {
        forEachPoint(collection, (point) => void buffer.push(point, admissionTo(0)));
        const batch = buffer.take(Infinity, Infinity);
        const request = Buffer.concat(buffer.assembleRequest(batch).chunks);
        buffer.release(batch);
        const upstream = JsonMetricsSerializer.serializeRequest(collection) as Uint8Array;
        expect(comparable(transcoded('metrics', request))).toEqual(comparable(read(upstream)));
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    ['traces', EVERY_SPAN_FIELD],
    ['metrics', EVERY_METRICS_FIELD],
  ] as const)('has every field that the definitions of %s have, also those that no SDK writes', (signal, request) => {
    expect(transcoded(signal, encodeRequest(signal, request))).toEqual(request);
  });

  it('is the same if it is transcoded in slices', () => {
    for (const [signal, request] of [
      ['traces', EVERY_SPAN_FIELD],
      ['metrics', EVERY_METRICS_FIELD],
    ] as const) {
      expect(read(transcodeToJson(signal, encodeRequest(signal, request), 1))).toEqual(request);
    }
  });
});

/** A field with a number and bytes, whose lengths are below 128. */
const field = (number: number, bytes: readonly number[]): number[] => [(number << 3) | 2, bytes.length, ...bytes];

/** `AnyValue`s, as the attributes of a resource. */
function valuesOf(...values: readonly object[]): unknown {
  const attributes = values.map((value, index) => ({ key: `k${index}`, value }));
  const json = transcoded('traces', encodeRequest('traces', { resourceSpans: [{ resource: { attributes } }] }));
  return (
    json as { resourceSpans: [{ resource: { attributes: { value: unknown }[] } }] }
  ).resourceSpans[0].resource.attributes.map(({ value }) => value);
}

describe('a value in OTLP/JSON', () => {
  it('is a string if it is a 64-bit integer, with all its digits', () => {
    const values = ['0', '-1', '9007199254740993', '9223372036854775807', '-9223372036854775808'].map((intValue) => ({
      intValue,
    }));
    expect(valuesOf(...values)).toEqual(values);
  });

  it('has the digits of every 64-bit integer, signed or not', () => {
    const powers = Array.from({ length: 19 }, (_, power) => 10n ** BigInt(power));
    const edges = [...powers, ...powers.map((power) => power - 1n), 2n ** 32n, 2n ** 53n, 2n ** 63n - 1n];
    const unsigned = fc.oneof(fc.constantFrom(...edges), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
    fc.assert(
      fc.property(unsigned, (value) => {
        const bytes = new Uint8Array(9);
        const view = new DataView(bytes.buffer);
        view.setBigUint64(1, value, true);
        // A span's time, and a data point's number.
        bytes[0] = (7 << 3) | 1;
        const span = transcoded('traces', Uint8Array.from(field(1, field(2, field(2, [...bytes])))));
        expect(span).toEqual({
          resourceSpans: [{ scopeSpans: [{ spans: [{ startTimeUnixNano: value.toString() }] }] }],
        });
        bytes[0] = (6 << 3) | 1;
        const point = [5, 1].reduceRight((inner, number) => field(number, inner), [...bytes]);
        const metrics = transcoded('metrics', Uint8Array.from(field(1, field(2, field(2, point)))));
        const asInt = BigInt.asIntN(64, value).toString();
        expect(metrics).toEqual({
          resourceMetrics: [{ scopeMetrics: [{ metrics: [{ gauge: { dataPoints: [{ asInt }] } }] }] }],
        });
        expect(valuesOf({ intValue: asInt })).toEqual([{ intValue: asInt }]);
      }),
      { numRuns: 500 },
    );
  });

  it('is complete if it is much longer than in protobuf', () => {
    const values = [{ stringValue: '\u0001'.repeat(10_000) }, { stringValue: 'a'.repeat(10_000) }];
    expect(valuesOf(...values)).toEqual(values);
  });

  it('is a string if it is a number that JSON does not have, and keeps the sign of zero', () => {
    const values = [Number.NaN, Infinity, -Infinity, -0, 1e300].map((doubleValue) => ({ doubleValue }));
    expect(valuesOf(...values)).toEqual(
      ['NaN', 'Infinity', '-Infinity', -0, 1e300].map((doubleValue) => ({ doubleValue })),
    );
  });

  it('is in base64 if it is bytes', () => {
    expect(valuesOf({ bytesValue: Uint8Array.of(0, 255, 1) }, { bytesValue: new Uint8Array(0) })).toEqual([
      { bytesValue: 'AP8B' },
      { bytesValue: '' },
    ]);
  });

  it('is the same text, escaped where JSON demands it', () => {
    const values = ['plain', '"\\/', '\u0000\n\u001f\u007f', 'é漢😀', '\ufeffx', '\u2028'].map((stringValue) => ({
      stringValue,
    }));
    expect(valuesOf(...values)).toEqual(values);
  });
});

const KEY_A = field(1, [0x61]);

describe('a request that no encoder of today writes', () => {
  it('loses only fields that are not in the definitions', () => {
    const unknown = [...field(200 & 0xf, []), 0x78, 1, 0x7d, 1, 2, 3, 4, 0x79, 1, 2, 3, 4, 5, 6, 7, 8];
    const attribute = field(1, [...unknown, ...KEY_A]);
    expect(transcoded('traces', Uint8Array.from(field(1, field(1, attribute))))).toEqual({
      resourceSpans: [{ resource: { attributes: [{ key: 'a' }] } }],
    });
  });

  it('keeps the elements of a list together that has other fields between them', () => {
    const [first, second] = [field(1, KEY_A), field(1, field(1, [0x62]))];
    const dropped = [0x10, 7];
    const resource = field(1, [...first, ...dropped, ...second]);
    expect(transcoded('logs', Uint8Array.from(field(1, resource)))).toEqual({
      resourceLogs: [{ resource: { attributes: [{ key: 'a' }, { key: 'b' }], droppedAttributesCount: 7 } }],
    });
  });

  it('may have the numbers of a list one by one instead of packed', () => {
    const buckets = [...[0x10, 1], ...[0x10, 2], ...field(2, [3, 4])];
    const point = field(1, field(8, buckets));
    const metric = field(2, field(2, field(10, point)));
    expect(transcoded('metrics', Uint8Array.from(field(1, metric)))).toMatchObject({
      resourceMetrics: [
        {
          scopeMetrics: [
            {
              metrics: [
                { exponentialHistogram: { dataPoints: [{ positive: { bucketCounts: ['1', '2', '3', '4'] } }] } },
              ],
            },
          ],
        },
      ],
    });
  });
});

describe('bytes that are not a request', () => {
  it.each([
    ['a field that is longer than its message', [0x0a, 5, 1]],
    ['a varint without an end', [0x0a, 0x80]],
    ['a varint of eleven bytes', [0x08, ...Array<number>(10).fill(0xff), 1]],
    ['the number 0 of a field', [0x02, 0]],
    ['a wire type that is not in use', [0x0b]],
    ['another wire type than that of the field', [0x08, 1]],
    ['a field twice', field(1, [...field(1, []), ...field(1, [])])],
    ['two members of a oneof', field(1, field(1, field(1, field(2, [0x10, 1, 0x18, 1]))))],
    ['text that is not UTF-8', field(1, field(3, [0xc3, 0x28]))],
  ])('are refused for %s', (_, bytes) => {
    expect(() => transcodeToJson('traces', Uint8Array.from(bytes))).toThrow(/./);
  });

  it('are refused if they are nested deeper than decoders go', () => {
    let value: number[] = [];
    const varint = (length: number) => (length < 0x80 ? [length] : [(length & 0x7f) | 0x80, length >> 7]);
    const long = (number: number, bytes: readonly number[]) => [(number << 3) | 2, ...varint(bytes.length), ...bytes];
    for (let depth = 0; depth < 60; depth++) value = long(5, long(1, value));
    const request = Uint8Array.from(long(1, long(1, long(1, long(2, value)))));
    expect(() => transcodeToJson('traces', request)).toThrow('nested');
  });

  it('are either refused, or become JSON, whatever bytes they are', () => {
    fc.assert(
      fc.property(fc.constantFrom('traces', 'logs', 'metrics'), fc.uint8Array({ maxLength: 400 }), readsOrThrows),
      { numRuns: 5_000 },
    );
  });

  it('are either refused, or become JSON, if they are a request in which bytes were changed', () => {
    const metrics = encodeRequest('metrics', EVERY_METRICS_FIELD);
    const spans = encodeRequest('traces', EVERY_SPAN_FIELD);
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.boolean(), changes, fc.nat(), (ofSpans, changed, cut) => {
        const bytes = Uint8Array.from(ofSpans ? spans : metrics);
        for (const [at, value] of changed) bytes[at % bytes.length] = value;
        readsOrThrows(ofSpans ? 'traces' : 'metrics', cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes);
      }),
      { numRuns: 5_000 },
    );
  });
});

function readsOrThrows(signal: RequestName, bytes: Uint8Array): void {
  let json: Uint8Array;
  try {
    json = transcodeToJson(signal, bytes);
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return;
    throw error;
  }
  expect(read(json)).toBeTypeOf('object');
}
