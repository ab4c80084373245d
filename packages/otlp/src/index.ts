export type { EncodedBatch } from './buffer/encoded-batch.ts';
export type { AssembledRequest } from './buffer/request-assembly.ts';
export { EncodedBuffer, type EncodedBufferOptions } from './buffer/encoded-buffer.ts';
export { isItemTooLargeError, ItemTooLargeError } from './buffer/item-too-large-error.ts';
export { greaterThresholdText, THRESHOLD_DIGITS, type ThresholdMark, thresholdText, wholeThreshold } from './encoding/threshold-mark.ts';
export { AttributeEncoder, type OnAttributeDropped } from './encoding/attribute-encoder.ts';
export { errorTitle, exceptionAttributes, isError } from './encoding/error-value.ts';
export { copyWith } from './encoding/copy-with.ts';
export { writeCountField, writeStringField } from './encoding/field.ts';
export { encodeResourceHeader, encodeScopeHeader } from './encoding/headers.ts';
export { putHexId, SPAN_ID_BYTES, TRACE_ID_BYTES } from './encoding/hex-id.ts';
export { type HrTimeLike, putHrTime } from './encoding/hr-time.ts';
export type { InstrumentationScopeLike, ItemEncoder, ResourceLike } from './encoding/item-encoder.ts';
export { statedRandomness, upperRandomnessOfContext } from './encoding/context-randomness.ts';
export { flagsOf, type SpanContextLike, traceStateText } from './encoding/span-context.ts';
export { MessageEncoder, type MessageEncoderOptions, type SdkItemLike } from './encoding/message-encoder.ts';
export { isUnencodableError, UnencodableError } from './encoding/unencodable-error.ts';
export { TAG_ITEM } from './encoding/wire-tags.ts';
export { attributeDropReport } from './exporter/attribute-drop-report.ts';
export { DEFAULT_OTLP_URL, type OtlpExporterOptions } from './exporter/exporter-options.ts';
export type { ExportResultLike, ItemExporter } from './exporter/item-exporter.ts';
export { OtlpExporter } from './exporter/otlp-exporter.ts';
export { OTLP_PARTS, type OtlpParts } from './exporter/otlp-parts.ts';
export { BackpressureProcessor } from './pipeline/backpressure-processor.ts';
export { ExportPipeline, type ForceFlushOptions, type ProcessorMetrics } from './pipeline/export-pipeline.ts';
export type { HandOver, TakeRequest } from './pipeline/hand-over.ts';
export { isWithinExport } from './pipeline/export-scope.ts';
export { keepRule } from './pipeline/keep-rule.ts';
export type { SamplingRules } from './pipeline/load-sampling.ts';
export type { SignalItems } from './pipeline/processor-controller.ts';
export { DEFAULT_DRAIN_TIMEOUT_MILLIS, type ProcessorOptions } from './pipeline/processor-options.ts';
export { createTransport } from './transport/create-transport.ts';
export { ProtobufWriter } from './protobuf/protobuf-writer.ts';
export type { OutgoingRequest, RequestToHandOver } from './transport/outgoing-request.ts';
export type { Proxy } from './transport/proxy-environment.ts';
export { shownPath } from './transport/shown-path.ts';
export { isOtlpTransportError, OtlpTransportError, type OtlpTransportErrorName } from './transport/transport-error.ts';
export type { OtlpRequestBody } from './transport/request-body.ts';
export type { OtlpTransport } from './transport/transport.ts';
export type {
  HttpAgentOptions,
  OtlpHeaders,
  OtlpTlsOptions,
  OtlpTransportOptions,
  Pem,
} from './transport/transport-options.ts';
