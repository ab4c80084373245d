import { ProtobufWriter, UnencodableError } from '@spillway/otlp/encoding';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { LogRecordEncoder } from '../../src/encoding/log-record-encoder.ts';
import { makeLogRecord, SPAN_CONTEXT } from '../make-log-record.ts';
import { decodeLogRecord } from './decode-log-record.ts';

function encode(changes: Record<string, unknown>, encoder = new LogRecordEncoder()) {
  const writer = new ProtobufWriter((needed) => new Uint8Array(needed * 2));
  encoder.encode(makeLogRecord(changes), writer);
  return decodeLogRecord(writer.bytes.subarray(0, writer.position));
}

function refuse(): never {
  throw new Error('no');
}

const cyclic: unknown[] = [];
cyclic.push(cyclic);

describe('an error as the body of a log record', () => {
  const plain = (attributes: readonly { key: string; value?: unknown }[]) =>
    Object.fromEntries(attributes.map(({ key, value }) => [key, (value as { stringValue?: string }).stringValue]));

  it('is encoded as its title, with the attributes that the SDK writes for an exception', () => {
    const error = new TypeError('no such order', { cause: new Error('not found') });
    const record = encode({ body: error, attributes: { route: '/orders' } });
    expect(record).toMatchObject({ body: { stringValue: 'TypeError: no such order' }, droppedAttributesCount: 0 });
    expect(plain(record.attributes)).toEqual({
      route: '/orders',
      'exception.type': 'TypeError',
      'exception.message': 'no such order',
      'exception.stacktrace': `${error.stack}\n[cause]: ${(error.cause as Error).stack}`,
    });
  });

  it("does not replace the record's own attributes about the exception, and may come from any realm", () => {
    const record = encode({ body: runInNewContext('new RangeError("far")'), attributes: { 'exception.type': 'mine' } });
    expect(record.body).toEqual({ stringValue: 'RangeError: far' });
    expect(plain(record.attributes)).toMatchObject({ 'exception.type': 'mine', 'exception.message': 'far' });
    expect(record.attributes.filter(({ key }) => key === 'exception.type')).toHaveLength(1);
  });

  it('is encoded as far as it can be read', () => {
    const body = Object.defineProperties(new Error('half'), { stack: { get: refuse }, name: { get: refuse } });
    expect(encode({ body })).toMatchObject({ body: { stringValue: 'Error: half' }, droppedAttributesCount: 0 });
    expect(encode({ body: Proxy.revocable({}, {}).proxy, attributes: {} })).toMatchObject({
      droppedAttributesCount: 0,
    });
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(encode({ body: proxy })).toMatchObject({ body: null, droppedAttributesCount: 1 });
  });
});

describe('the part of a log record that cannot be encoded', () => {
  it('is left out attribute by attribute, and added to the count of attributes that the SDK dropped', () => {
    const onAttributeDropped = vi.fn<(key: string, error: unknown) => void>();
    const record = encode(
      { attributes: { good: 1, bad: () => 1, cyclic, alsoGood: 2 }, droppedAttributesCount: 3 },
      new LogRecordEncoder({ onAttributeDropped }),
    );
    expect(record.attributes.map(({ key }) => key)).toEqual(['good', 'alsoGood']);
    expect(record.droppedAttributesCount).toBe(5);
    expect(onAttributeDropped.mock.calls.map(([key]) => key)).toEqual(['bad', 'cyclic']);
  });

  it.each([
    ['a function', refuse],
    ['a symbol', Symbol('s')],
    ['a cycle', { cyclic }],
    ['a getter that throws', Object.defineProperty({}, 'secret', { enumerable: true, get: refuse })],
  ])('is only the body if the body is %s, and it is counted and reported as "body"', (_, body) => {
    const onAttributeDropped = vi.fn<(key: string, error: unknown) => void>();
    const record = encode({ body, attributes: { good: 1 } }, new LogRecordEncoder({ onAttributeDropped }));
    expect(record).toMatchObject({ body: null, droppedAttributesCount: 1, severityNumber: 9 });
    expect(record.attributes).toHaveLength(1);
    expect(onAttributeDropped).toHaveBeenCalledWith('body', expect.any(Error));
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>?]>([
    ['a severity beyond the last', { severityNumber: 25 }, { severityNumber: 0 }],
    ['a severity before the first', { severityNumber: -1 }, { severityNumber: 0 }],
    ['a severity that is not a number', { severityNumber: {} }, { severityNumber: 0 }],
    ['texts', { severityText: 5, eventName: {} }, { severityText: '', eventName: '' }],
    [
      'times',
      { hrTime: undefined, hrTimeObserved: ['1', Number.NaN] },
      { timeUnixNano: '0', observedTimeUnixNano: '0' },
    ],
    ['ids', { spanContext: { traceId: 'short', spanId: 1, traceFlags: 1 } }],
    ['one id of two', { spanContext: { ...SPAN_CONTEXT, spanId: 'z'.repeat(16) } }],
    ['a span context of null', { spanContext: null }],
    ['a count', { droppedAttributesCount: Number.NaN }],
    ['missing attributes', { attributes: undefined }],
  ])('gets its default, and the record is kept: %s', (_, changes, expected) => {
    expect(encode(changes)).toMatchObject({
      body: { stringValue: 'order placed' },
      spanId: '',
      droppedAttributesCount: 0,
      ...expected,
    });
  });

  it.each<[string, Record<string, unknown>]>([
    ['attributes that throw', Object.defineProperty({}, 'attributes', { enumerable: true, get: refuse })],
    ['a body that throws', Object.defineProperty({}, 'body', { enumerable: true, get: refuse })],
    ['a span context that throws', { spanContext: Object.defineProperty({}, 'traceId', { get: refuse }) }],
  ])('is the whole record: %s', (_, changes) => {
    const writer = new ProtobufWriter((needed) => new Uint8Array(needed * 2));
    writer.reserve(10);
    writer.position = writer.itemStart = 5;
    expect(() => new LogRecordEncoder().encode(makeLogRecord(changes), writer)).toThrow(UnencodableError);
    expect(writer.offset).toBe(0);
  });
});

describe('a log record', () => {
  it('has no flags other than those of the trace', () => {
    expect(encode({ spanContext: { ...SPAN_CONTEXT, traceFlags: 0x1ff } }).flags).toBe(0xff);
    expect(encode({ spanContext: { ...SPAN_CONTEXT, traceFlags: 0 } })).toMatchObject({
      flags: 0,
      traceId: expect.stringMatching(/./),
    });
  });

  it.each([
    ['a bigint beyond 64 bits', 2n ** 70n, { stringValue: '1180591620717411303424' }],
    ['a lone surrogate', 'a\ud800', { stringValue: 'a\ufffd' }],
    ['a date', new Date(0), { stringValue: '1970-01-01T00:00:00.000Z' }],
    ['a bigint', -5n, { intValue: '-5' }],
  ])('may have a body that is %s', (_, body, expected) => {
    expect(encode({ body }).body).toMatchObject(expected);
  });

  it('throws the refusal of the growth policy unchanged', () => {
    const refusal = new Error('too large');
    const writer = new ProtobufWriter((needed) => {
      if (needed > 500) throw refusal;
      return new Uint8Array(needed);
    });
    for (const changes of [
      { attributes: { a: ['x'.repeat(600)] } },
      { body: ['x'.repeat(600)] },
      { severityText: 'x'.repeat(600) },
    ]) {
      writer.itemStart = writer.position;
      expect(() => new LogRecordEncoder().encode(makeLogRecord(changes), writer)).toThrow(refusal);
    }
  });
});
