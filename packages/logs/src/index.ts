export {
  BackpressureLogRecordProcessor,
  type BackpressureLogRecordProcessorOptions,
  type EnabledOptions,
  type LogRecordProcessorMetrics,
} from './backpressure-log-record-processor.ts';
export { LogRecordEncoder, type LogRecordEncoderOptions } from './encoding/log-record-encoder.ts';
export { OtlpLogRecordExporter } from './otlp-log-record-exporter.ts';
export type { ReadableLogRecordLike } from './readable-log-record.ts';
