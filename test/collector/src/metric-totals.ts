import { type ReceivedDataPoint, TEMPORALITY } from './metric-messages.ts';
import { isOfMetric, type PointAttributes, timeOf, valueOf } from './series.ts';

/** Points of one series with the same start. Delta points are added up here even if their starts differ. */
interface Run {
  latest: ReceivedDataPoint;
  total: number;
  repeated: number;
}

/** What a backend knows of metrics: it needs memory for each series, not for each point. */
export class MetricTotals {
  readonly #runs = new Map<string, Run>();

  /** @param series which resource, scope, metric and attributes. @param isRepeated whether the same point came before */
  add(received: ReceivedDataPoint, series: string, isRepeated: boolean): void {
    const isDelta = 'temporality' in received && received.temporality === TEMPORALITY.delta;
    const key = isDelta ? series : `${series} since ${String(received.point.startTimeUnixNano)}`;
    const run = this.#runs.get(key) ?? { latest: received, total: 0, repeated: 0 };
    this.#runs.set(key, run);
    if (timeOf(received) >= timeOf(run.latest)) run.latest = received;
    run.total = isDelta ? run.total + valueOf(received) : valueOf(run.latest);
    if (isDelta && isRepeated) run.repeated += valueOf(received);
  }

  /**
   * The total of a sum, or of a histogram's measurements, as a backend shows it. Delta points are added, also those that
   * arrived twice. Of cumulative points, the latest counts, for each series and start.
   * @throws TypeError for a gauge, which has no total
   */
  totalOf(metric: string, attributes: PointAttributes = {}): number {
    const runs = this.#runsOf(metric, attributes);
    if (runs.some(({ latest }) => latest.kind === 'gauge'))
      throw new TypeError(`${metric} is a gauge, which has no total`);
    return runs.reduce((sum, { total }) => sum + total, 0);
  }

  /** The part of the total that came from delta points which had arrived before. */
  repeatedOf(metric: string, attributes: PointAttributes = {}): number {
    return this.#runsOf(metric, attributes).reduce((sum, { repeated }) => sum + repeated, 0);
  }

  /** The value of the latest point by its own time; undefined without a point. */
  lastValueOf(metric: string, attributes: PointAttributes = {}): number | undefined {
    const points = this.#runsOf(metric, attributes).map(({ latest }) => latest);
    if (points.length === 0) return undefined;
    return valueOf(points.reduce((latest, point) => (timeOf(point) >= timeOf(latest) ? point : latest)));
  }

  #runsOf(metric: string, attributes: PointAttributes): Run[] {
    return [...this.#runs.values()].filter(({ latest }) => isOfMetric(latest, metric, attributes));
  }
}
