import { ProtobufLogsSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { LogRecordEncoder, type ReadableLogRecordLike } from '@spillway/logs';
import { type ReadableSpanLike, SpanEncoder } from '@spillway/trace';
import { expect } from 'vitest';
import { decodeRequest, requestOf } from './request-of.ts';

/** Expects that an encoded span, read with upstream's definitions, equals the result of upstream's serializer. */
export function expectSpanSameAsUpstream(span: ReadableSpanLike, encoder = new SpanEncoder()): void {
  const upstream = ProtobufTraceSerializer.serializeRequest([span as never]) as Uint8Array;
  expect(decodeRequest('traces', requestOf(span, encoder))).toEqual(decodeRequest('traces', upstream));
}

/** The same for a log record. */
export function expectLogRecordSameAsUpstream(record: ReadableLogRecordLike, encoder = new LogRecordEncoder()): void {
  const upstream = ProtobufLogsSerializer.serializeRequest([record as never]) as Uint8Array;
  expect(decodeRequest('logs', requestOf(record, encoder))).toEqual(decodeRequest('logs', upstream));
}
