import type { HrTimeLike, InstrumentationScopeLike, ResourceLike, SpanContextLike } from '@spillway/otlp/encoding';

type AttributesLike = Readonly<Record<string, unknown>>;

/** The fields of a span event that are read, of both SDK lines. */
export interface TimedEventLike {
  readonly name: string;
  readonly time: HrTimeLike;
  readonly attributes?: AttributesLike | undefined;
  readonly droppedAttributesCount?: number | undefined;
}

/** The fields of a span link that are read, of both SDK lines. */
export interface LinkLike {
  readonly context: SpanContextLike;
  readonly attributes?: AttributesLike | undefined;
  readonly droppedAttributesCount?: number | undefined;
}

/**
 * The fields of a finished span that are read. The `ReadableSpan` of `@opentelemetry/sdk-trace-base` 2.x and that of
 * `@opentelemetry/sdk-trace` 3.x have them; that of 1.x does not (its parent and its scope have other names).
 * Attribute values are `unknown`, because the lines allow different types.
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
