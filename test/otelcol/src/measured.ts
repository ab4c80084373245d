import type { JsonDataPoint, Placed } from './received.ts';

/** `AggregationTemporality` of OTLP. */
const DELTA = 1;

type DataPoints = readonly Placed<JsonDataPoint>[];

/** What a backend shows: delta points added up, or the latest cumulative point of each series. See `MetricTotals`. */
export function totalOf(dataPoints: DataPoints, metric: string): number {
  let total = 0;
  const latest = new Map<string, JsonDataPoint>();
  for (const { item } of pointsOf(dataPoints, metric)) {
    if (item.data.aggregationTemporality === DELTA) total += valueOf(item);
    else latest.set(seriesOf(item), item);
  }
  for (const item of latest.values()) total += valueOf(item);
  return total;
}

/** Without points that had arrived before. */
export function withoutRepeats(dataPoints: DataPoints): DataPoints {
  const known = new Set<string>();
  return dataPoints.filter(({ item }) => {
    const id = [seriesOf(item), item.point.startTimeUnixNano, item.point.timeUnixNano].join(' ');
    const isNew = !known.has(id);
    known.add(id);
    return isNew;
  });
}

/** The value of the point that arrived last. */
export function lastValueOf(dataPoints: DataPoints, metric: string): number | undefined {
  const last = pointsOf(dataPoints, metric).at(-1);
  return last === undefined ? undefined : valueOf(last.item);
}

/** The series of points that arrived after a newer point of their series. */
export function olderAfterNewer(dataPoints: DataPoints): string[] {
  const newest = new Map<string, bigint>();
  return dataPoints.flatMap(({ item }) => {
    const series = seriesOf(item);
    const time = BigInt(item.point.timeUnixNano ?? 0);
    if (time < (newest.get(series) ?? 0n)) return [series];
    newest.set(series, time);
    return [];
  });
}

function pointsOf(dataPoints: DataPoints, metric: string): DataPoints {
  return dataPoints.filter(({ item }) => item.metric.name === metric);
}

function seriesOf({ metric, point }: JsonDataPoint): string {
  return JSON.stringify([metric.name, point.attributes]);
}

/** The number of a sum or a gauge, the number of measurements of a histogram. */
function valueOf({ point }: JsonDataPoint): number {
  return Number(point.asInt ?? point.asDouble ?? point.count);
}
