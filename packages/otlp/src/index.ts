export type { EncodedBatch } from './buffer/encoded-batch.ts';
export { EncodedBuffer, type EncodedBufferOptions } from './buffer/encoded-buffer.ts';
export { EncodedLanes, type EncodedLanesOptions } from './buffer/encoded-lanes.ts';
export { type Enclosure, fieldBytes } from './buffer/enclosure.ts';
export type { HeaderNumbers } from './buffer/header-numbers.ts';
export { isItemTooLargeError, ItemTooLargeError } from './buffer/item-too-large-error.ts';
export { LaneWriter } from './buffer/lane-writer.ts';
export { type AssembledRequest, assembleRequest, pendingResources } from './buffer/request-assembly.ts';
export type { RequestBuffer } from './buffer/request-buffer.ts';
export { ScopeTable } from './buffer/scope-table.ts';
export { SegmentStore } from './buffer/segment-store.ts';
export { copyBytes } from './protobuf/copy-bytes.ts';
export { type MeterSource, meterSourceOf, type SelfObsMeterProvider } from './options/meter-source.ts';
export { DEFAULT_OTLP_URL, type OtlpExporterOptions, resolveExporterOptions } from './options/exporter-options.ts';
export type {
  HttpAgentOptions,
  OtlpHeaders,
  OtlpTlsOptions,
  Pem,
  RequestToSign,
  SignRequest,
} from './transport/transport-options.ts';
