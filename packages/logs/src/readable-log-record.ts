import type { HrTimeLike, InstrumentationScopeLike, ResourceLike, SpanContextLike } from '@spillway/otlp/encoding';

/**
 * The fields of a log record that are read. The `ReadableLogRecord` and `ReadWriteLogRecord` of
 * `@opentelemetry/sdk-logs` 0.2xx (with SDK 2.x) and 3.x all have them. Values are `unknown`, because the lines allow
 * different types.
 */
export interface ReadableLogRecordLike {
  readonly hrTime: HrTimeLike;
  readonly hrTimeObserved: HrTimeLike;
  /** The context of the span in which the record was emitted, if there was one. */
  readonly spanContext?: SpanContextLike | undefined;
  readonly severityText?: string | undefined;
  /** 1 (TRACE) to 24 (FATAL4); 0 and `undefined` mean no severity. */
  readonly severityNumber?: number | undefined;
  readonly body?: unknown;
  readonly eventName?: string | undefined;
  readonly resource: ResourceLike;
  readonly instrumentationScope: InstrumentationScopeLike;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly droppedAttributesCount: number;
}
