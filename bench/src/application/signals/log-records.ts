import { LoggerProvider, type LogRecordProcessor, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { requestLogRecord } from './request-log-record.ts';
import type { SignalUnderLoad } from './signal-under-load.ts';

export const logRecords: SignalUnderLoad<ReadableLogRecord, LogRecordProcessor> = {
  metricName: 'log',

  createSource(processor) {
    const provider = new LoggerProvider({ processors: [processor] });
    const logger = provider.getLogger('bench', '1.0.0');
    return {
      make: (serial) => logger.emit(requestLogRecord(serial)),
      flush: () => provider.forceFlush(),
      shutdown: () => provider.shutdown(),
    };
  },

  createTap: (onItem) => ({
    onEmit: onItem,
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }),

  async createUpstream({ url, processorOptions, selfObsMeterProvider }) {
    const { BatchLogRecordProcessor } = await import('@opentelemetry/sdk-logs');
    const { OTLPLogExporter } = await import('@opentelemetry/exporter-logs-otlp-proto');
    return new BatchLogRecordProcessor({
      ...processorOptions,
      exporter: new OTLPLogExporter({ url }),
      selfObsMeterProvider,
    });
  },

  async createSpillway({ url, processorOptions, spool }) {
    const { BackpressureLogRecordProcessor, OtlpLogRecordExporter } = await import('@spillway/logs');
    return new BackpressureLogRecordProcessor({
      ...processorOptions,
      spool,
      exporter: new OtlpLogRecordExporter({ url }),
    });
  },

  async serialize(items) {
    const { ProtobufLogsSerializer } = await import('@opentelemetry/otlp-transformer');
    return ProtobufLogsSerializer.serializeRequest(items) ?? new Uint8Array();
  },
};
