export type { EncodedBatch } from './buffer/encoded-batch.ts';
export { EncodedBuffer, type EncodedBufferOptions } from './buffer/encoded-buffer.ts';
export { isItemTooLargeError, ItemTooLargeError } from './buffer/item-too-large-error.ts';
export type { AssembledRequest } from './buffer/request-assembly.ts';
export type { RequestBuffer } from './buffer/request-buffer.ts';
export { DEFAULT_OTLP_URL, type OtlpExporterOptions, resolveExporterOptions } from './options/exporter-options.ts';
export type { HttpAgentOptions, OtlpHeaders, OtlpTlsOptions, Pem } from './transport/transport-options.ts';
