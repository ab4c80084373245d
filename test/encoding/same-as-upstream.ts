import {
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { admissionTo } from '@spillway/backpressure';
import { LogRecordEncoder, type ReadableLogRecordLike } from '@spillway/logs';
import { forEachPoint, MetricBuffer, type ResourceMetricsLike } from '@spillway/metrics';
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

/** The same for a collection of metrics. */
export function expectCollectionSameAsUpstream(collection: ResourceMetricsLike, buffer = new MetricBuffer()): void {
  const upstream = ProtobufMetricsSerializer.serializeRequest(collection as never) as Uint8Array;
  forEachPoint(collection, (point) => void buffer.push(point, admissionTo(0)));
  const batch = buffer.take(Infinity, Infinity);
  const ours = Buffer.concat(buffer.assembleRequest(batch).chunks);
  buffer.release(batch);
  expect(decodeRequest('metrics', ours)).toEqual(decodeRequest('metrics', upstream));
}
