export { BackpressureProcessor } from './backpressure-processor.ts';
export { ExportPipeline, FORCE_FLUSH_TIMEOUT_MILLIS, type ForceFlushOptions } from './export-pipeline.ts';
export { attributeDropReport } from './exporter/attribute-drop-report.ts';
export { type ExportFormat, listFormat } from './exporter/export-format.ts';
export { OtlpExporter } from './exporter/otlp-exporter.ts';
export { OTLP_PARTS, type OtlpParts, type RequestBufferOptions } from './exporter/otlp-parts.ts';
export type { ObjectFormat } from './foreign/object-format.ts';
export type { ExportResultLike, ItemExporter, SdkExporter } from './foreign/sdk-exporter.ts';
export type { HandOver, HandOverOrder, TakeRequest } from './hand-over.ts';
export { itemsText } from './log/items-text.ts';
export { SpacedLine, type SpacedLineOptions } from './log/spaced-line.ts';
export type { LossReport, LossReportTaker } from './loss-reports/loss-report.ts';
export { addTaker, askForReports } from './loss-reports/loss-report-board.ts';
export type { LiveDestination } from './live-destination.ts';
export { type LivePipeline, livePipelines, onPipeline, type PipelineInspection } from './live-pipelines.ts';
export { isLeftOut, isNotBuiltOnPurpose } from './log/left-out.ts';
export type { SignalItems } from './controlled-export.ts';
export { withDeadline } from './deadline.ts';
export type { ProcessorMetrics } from './processor-metrics.ts';
export { DEFAULT_DRAIN_TIMEOUT_MILLIS, limitOf, type ProcessorOptions } from './processor-options.ts';
export { copyWith, greaterThresholdText, thresholdText, wholeThreshold } from './sampling/marked-item.ts';
export { keepRule, type SamplingRules, statedRandomness, upperRandomnessOfContext } from './sampling/sampling-rules.ts';
export { isWithinExport, ownDiag, withinExport } from './scope/export-scope.ts';
export type {
  RequestSpool,
  RequestToStore,
  ResendResult,
  LeavablePipeline,
  SpoolingPipeline,
  SpoolLossReason,
  SpoolMetrics,
  SpoolPlace,
  StoredBy,
  StoredRequest,
} from './spool/request-spool.ts';
