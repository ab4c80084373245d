export { AttributeEncoder, type OnAttributeDropped } from './attribute-encoder.ts';
export { errorFields, errorText, errorTitle, exceptionAttributes, isError } from './error-value.ts';
export { type HrTimeLike, putHrTime, writeCountField, writeStringField } from './field.ts';
export { encodeResourceHeader, encodeScopeHeader } from './headers.ts';
export { hrTimeOf } from './hr-time.ts';
export { putHexId, SPAN_ID_BYTES, TRACE_ID_BYTES } from './hex-id.ts';
export type { InstrumentationScopeLike, ItemEncoder, ResourceLike } from './item-encoder.ts';
export { MessageEncoder, type MessageEncoderOptions, type SdkItemLike } from './message-encoder.ts';
export { hasPendingAttributes } from './pending-attributes.ts';
export { ProtobufWriter } from '../protobuf/protobuf-writer.ts';
export { flagsOf, type SpanContextLike, traceStateText } from './span-context.ts';
export {
  BITS_BELOW_THRESHOLD,
  HIGHEST_THRESHOLD,
  passes,
  type ThinningThreshold,
  THRESHOLD_DIGITS,
  type ThresholdMark,
  THRESHOLDS,
  UNMARKED,
} from '../thinning-out/threshold-mark.ts';
export { TextField } from './text-field.ts';
export { isPromiseLike } from './type-of.ts';
export { isUnencodableError, UnencodableError } from './unencodable-error.ts';
export { TAG_ITEM } from './wire-tags.ts';
