export {
  BackpressureLogRecordProcessor,
  type BackpressureLogRecordProcessorOptions,
  type EnabledOptions,
} from './backpressure-log-record-processor.ts';
export { LogRecordEncoder } from './encoding/log-record-encoder.ts';
export { OtlpLogRecordExporter } from './otlp-log-record-exporter.ts';
export type { ReadableLogRecordLike } from './readable-log-record.ts';
export type { LogRecordKeep } from './sampling/log-record-sampling-rules.ts';
