import type { HrTimeLike, InstrumentationScopeLike, ResourceLike, SpanContextLike } from '@spillway/otlp/encoding';

/**
 * What is read of a log record. The `ReadableLogRecord` and `ReadWriteLogRecord` of `@opentelemetry/sdk-logs` 0.2xx (with
 * SDK 2.x) and 3.x all are one. Values are `unknown`, for the lines differ in what they allow.
 */
export interface ReadableLogRecordLike {
  readonly hrTime: HrTimeLike;
  readonly hrTimeObserved: HrTimeLike;
  /** Of the span in which the record was emitted, if in any. */
  readonly spanContext?: SpanContextLike | undefined;
  readonly severityText?: string | undefined;
  /** 1 (TRACE) to 24 (FATAL4); 0 and `undefined` say nothing. */
  readonly severityNumber?: number | undefined;
  readonly body?: unknown;
  readonly eventName?: string | undefined;
  readonly resource: ResourceLike;
  readonly instrumentationScope: InstrumentationScopeLike;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly droppedAttributesCount: number;
}
