import { AGGREGATION_TEMPORALITY, type MetricDataLike } from './metric-data.ts';

/** Whether the points of a metric count from its start, so that a later one has the value of an earlier one, too. */
export function isCumulative(metric: MetricDataLike): boolean {
  try {
    return metric.aggregationTemporality === AGGREGATION_TEMPORALITY.CUMULATIVE;
  } catch {
    return false;
  }
}
