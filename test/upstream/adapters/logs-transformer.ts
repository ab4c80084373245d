// Replaces upstream's transformer of log records. Upstream's runs unchanged, and our encoder gets its input as well. A
// test that reads protobuf reads ours.
import {
  JsonLogsSerializer as UpstreamJson,
  ProtobufLogsSerializer as Upstream,
} from '@opentelemetry/otlp-transformer';
import { LogRecordEncoder, type ReadableLogRecordLike } from '@spillway/logs';
import { createExportLogsServiceRequest as upstreamRequest } from 'upstream:src/logs/internal';
import { sameRequest } from './same-request.ts';

const encode = (records: readonly ReadableLogRecordLike[]): Uint8Array =>
  sameRequest('logs', new LogRecordEncoder(), records, Upstream.serializeRequest(records as never) as Uint8Array);

export const ProtobufLogsSerializer = { ...Upstream, serializeRequest: encode };

export const JsonLogsSerializer: typeof UpstreamJson = {
  ...UpstreamJson,
  serializeRequest(records) {
    encode(records);
    return UpstreamJson.serializeRequest(records);
  },
};

export function createExportLogsServiceRequest(records: readonly ReadableLogRecordLike[], encoder: unknown): unknown {
  encode(records);
  return upstreamRequest(records, encoder);
}
