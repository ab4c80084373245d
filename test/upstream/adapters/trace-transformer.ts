// Replaces upstream's transformer of spans. Upstream's runs unchanged, and our encoder gets its input as well. A test
// that reads protobuf reads ours.
import {
  JsonTraceSerializer as UpstreamJson,
  ProtobufTraceSerializer as Upstream,
} from '@opentelemetry/otlp-transformer';
import { type ReadableSpanLike, SpanEncoder } from '@spillway/trace';
import { createExportTraceServiceRequest as upstreamRequest } from 'upstream:src/trace/internal';
import { sameRequest } from './same-request.ts';

const encode = (spans: readonly ReadableSpanLike[]): Uint8Array =>
  sameRequest('traces', new SpanEncoder(), spans, Upstream.serializeRequest(spans as never) as Uint8Array);

export const ProtobufTraceSerializer = { ...Upstream, serializeRequest: encode };

export const JsonTraceSerializer: typeof UpstreamJson = {
  ...UpstreamJson,
  serializeRequest(spans) {
    encode(spans);
    return UpstreamJson.serializeRequest(spans);
  },
};

export function createExportTraceServiceRequest(spans: readonly ReadableSpanLike[], encoder: unknown): unknown {
  encode(spans);
  return upstreamRequest(spans, encoder);
}
