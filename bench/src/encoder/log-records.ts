import { ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { LogRecordEncoder } from '@spillway/logs';
import { logRecords } from '../application/signals/log-records.ts';
import { collectItems } from '../application/signals/signal-under-load.ts';
import type { EncoderPair } from './encoder-pair.ts';

export const logRecordEncoders: EncoderPair<ReadableLogRecord> = {
  description: 'a log record of 8 attributes',
  // A count of 0.
  omittedBytes: 2,
  encoder: new LogRecordEncoder(),
  makeItems: (count) => collectItems(logRecords, count),
  serializeUpstream: (records) => ProtobufLogsSerializer.serializeRequest(records),
};
