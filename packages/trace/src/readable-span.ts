import type { HrTimeLike, InstrumentationScopeLike, ResourceLike, SpanContextLike } from '@spillway/otlp/encoding';

type AttributesLike = Readonly<Record<string, unknown>>;

/** What is read of a span's event, of both SDK lines. */
export interface TimedEventLike {
  readonly name: string;
  readonly time: HrTimeLike;
  readonly attributes?: AttributesLike | undefined;
  readonly droppedAttributesCount?: number | undefined;
}

/** What is read of a span's link, of both SDK lines. */
export interface LinkLike {
  readonly context: SpanContextLike;
  readonly attributes?: AttributesLike | undefined;
  readonly droppedAttributesCount?: number | undefined;
}

/**
 * What is read of a finished span. The `ReadableSpan` of `@opentelemetry/sdk-trace-base` 2.x and of
 * `@opentelemetry/sdk-trace` 3.x both are one; that of 1.x is not (its parent and its scope have other names).
 * Attribute values are `unknown`, for the lines differ in what they allow.
 */
export interface ReadableSpanLike {
  readonly name: string;
  readonly kind: number;
  readonly spanContext: () => SpanContextLike;
  readonly parentSpanContext?: SpanContextLike | undefined;
  readonly startTime: HrTimeLike;
  readonly endTime: HrTimeLike;
  readonly status: { readonly code: number; readonly message?: string | undefined };
  readonly attributes: AttributesLike;
  readonly links: readonly LinkLike[];
  readonly events: readonly TimedEventLike[];
  readonly resource: ResourceLike;
  readonly instrumentationScope: InstrumentationScopeLike;
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
}
