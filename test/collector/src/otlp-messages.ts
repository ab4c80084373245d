/**
 * The messages of OTLP as upstream's generated definitions decode them: absent fields are null, repeated fields without
 * elements are empty arrays, 64-bit integers are `Long`s, and bytes are views of the request's body.
 */
export interface Integer64 {
  toNumber(): number;
  /** Decimal digits, exact. */
  toString(): string;
}

export interface OtlpAnyValue {
  readonly stringValue: string | null;
  readonly boolValue: boolean | null;
  readonly intValue: Integer64 | null;
  readonly doubleValue: number | null;
  readonly arrayValue: { readonly values: readonly OtlpAnyValue[] } | null;
  readonly kvlistValue: { readonly values: readonly OtlpKeyValue[] } | null;
  readonly bytesValue: Uint8Array | null;
}

export interface OtlpKeyValue {
  readonly key: string | null;
  readonly value: OtlpAnyValue | null;
}

export interface OtlpResource {
  readonly attributes: readonly OtlpKeyValue[];
  readonly droppedAttributesCount: number | null;
}

export interface OtlpScope {
  readonly name: string | null;
  readonly version: string | null;
  readonly attributes: readonly OtlpKeyValue[];
  readonly droppedAttributesCount: number | null;
}

export interface OtlpSpanEvent {
  readonly timeUnixNano: Integer64 | null;
  readonly name: string | null;
  readonly attributes: readonly OtlpKeyValue[];
  readonly droppedAttributesCount: number | null;
}

export interface OtlpSpanLink {
  readonly traceId: Uint8Array | null;
  readonly spanId: Uint8Array | null;
  readonly traceState: string | null;
  readonly attributes: readonly OtlpKeyValue[];
  readonly droppedAttributesCount: number | null;
  readonly flags: number | null;
}

export interface OtlpSpan {
  readonly traceId: Uint8Array | null;
  readonly spanId: Uint8Array | null;
  readonly traceState: string | null;
  readonly parentSpanId: Uint8Array | null;
  readonly flags: number | null;
  readonly name: string | null;
  readonly kind: number | null;
  readonly startTimeUnixNano: Integer64 | null;
  readonly endTimeUnixNano: Integer64 | null;
  readonly attributes: readonly OtlpKeyValue[];
  readonly droppedAttributesCount: number | null;
  readonly events: readonly OtlpSpanEvent[];
  readonly droppedEventsCount: number | null;
  readonly links: readonly OtlpSpanLink[];
  readonly droppedLinksCount: number | null;
  readonly status: { readonly code: number | null; readonly message: string | null } | null;
}

export interface OtlpLogRecord {
  readonly timeUnixNano: Integer64 | null;
  readonly observedTimeUnixNano: Integer64 | null;
  readonly severityNumber: number | null;
  readonly severityText: string | null;
  readonly body: OtlpAnyValue | null;
  readonly attributes: readonly OtlpKeyValue[];
  readonly droppedAttributesCount: number | null;
  readonly flags: number | null;
  readonly traceId: Uint8Array | null;
  readonly spanId: Uint8Array | null;
  readonly eventName: string | null;
}

/** The resource and scope of an item in its request. */
export interface Origin {
  readonly resource: OtlpResource | null;
  readonly resourceSchemaUrl: string | null;
  readonly scope: OtlpScope | null;
  readonly scopeSchemaUrl: string | null;
}

/** A span that was accepted. */
export interface ReceivedSpan extends Origin {
  readonly span: OtlpSpan;
}

/** A log record that was accepted. */
export interface ReceivedLogRecord extends Origin {
  readonly logRecord: OtlpLogRecord;
}
