import type { ReceivedDataPoint } from './metric-messages.ts';
import type { OtlpAnyValue, OtlpKeyValue } from './otlp-messages.ts';

/** Attributes that a point must have. It may have others too. */
export type PointAttributes = Readonly<Record<string, string | number | boolean>>;

/** The name and the attributes of a point, for example `requests{"route":"/orders"}`, with the attributes sorted. */
export function seriesOf({ metric, point }: ReceivedDataPoint): string {
  const pairs = point.attributes.map(({ key, value }) => [key ?? '', plainValue(value)] as const);
  const sorted = pairs.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${metric.name}${JSON.stringify(Object.fromEntries(sorted))}`;
}

export function isOfMetric({ metric, point }: ReceivedDataPoint, name: string, attributes: PointAttributes): boolean {
  if (metric.name !== name) return false;
  return Object.entries(attributes).every(([key, value]) => attributeOf(point.attributes, key) === value);
}

/** The number of a gauge or a sum. For a histogram or a summary, the number of its measurements. */
export function valueOf({ kind, point }: ReceivedDataPoint): number {
  if (kind === 'gauge' || kind === 'sum') return point.asInt?.toNumber() ?? point.asDouble ?? Number.NaN;
  return point.count?.toNumber() ?? Number.NaN;
}

/** The series of points that arrived after a newer point of their series. A repeated point is not older. */
export function olderAfterNewer(points: readonly ReceivedDataPoint[]): string[] {
  const newest = new Map<string, bigint>();
  return points.flatMap((received) => {
    const series = seriesOf(received);
    const time = timeOf(received);
    if (time < (newest.get(series) ?? 0n)) return [series];
    newest.set(series, time);
    return [];
  });
}

/** Nanoseconds. */
export function timeOf({ point }: ReceivedDataPoint): bigint {
  return BigInt(String(point.timeUnixNano ?? 0));
}

function attributeOf(attributes: readonly OtlpKeyValue[], key: string): unknown {
  return plainValue(attributes.find((attribute) => attribute.key === key)?.value ?? null);
}

function plainValue(value: OtlpAnyValue | null): unknown {
  if (value === null) return undefined;
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue, bytesValue } = value;
  if (arrayValue !== null) return arrayValue.values.map(plainValue);
  if (kvlistValue !== null) return kvlistValue.values.map(({ key, value: inner }) => [key, plainValue(inner)]);
  if (bytesValue !== null) return Buffer.from(bytesValue).toString('hex');
  return stringValue ?? boolValue ?? intValue?.toNumber() ?? doubleValue;
}
