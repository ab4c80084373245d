import type { OtlpAnyValue, OtlpKeyValue, ReceivedLogRecord } from '../../collector/src/index.ts';

/** A log record as it arrived, in a short form. */
export interface ReceivedLog {
  readonly severity: string;
  readonly body: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly eventName: string;
  /** Hex; empty if there is none. */
  readonly traceId: string;
  readonly spanId: string;
  readonly scope: string;
  readonly service: unknown;
}

export function readLog({ logRecord, scope, resource }: ReceivedLogRecord): ReceivedLog {
  return {
    severity: `${logRecord.severityNumber} ${logRecord.severityText}`,
    body: plain(logRecord.body),
    attributes: plainObject(logRecord.attributes),
    eventName: logRecord.eventName ?? '',
    traceId: hex(logRecord.traceId),
    spanId: hex(logRecord.spanId),
    scope: scope?.name ?? '',
    service: plainObject(resource?.attributes ?? [])['service.name'],
  };
}

export function hex(id: Uint8Array | null): string {
  return Buffer.from(id ?? []).toString('hex');
}

function plainObject(pairs: readonly OtlpKeyValue[]): Record<string, unknown> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, plain(value)]));
}

function plain(value: OtlpAnyValue | null): unknown {
  if (value?.kvlistValue) return plainObject(value.kvlistValue.values);
  if (value?.arrayValue) return value.arrayValue.values.map(plain);
  return (
    value?.stringValue ?? value?.boolValue ?? value?.intValue?.toNumber() ?? value?.doubleValue ?? value?.bytesValue
  );
}
