import type { InstrumentationScopeLike, ResourceLike } from '@spillway/otlp/encoding';
import type { DataPointLike, MetricDataLike, ResourceMetricsLike } from './metric-data.ts';

/** A data point of a collection: the item of a pipeline of metrics. */
export interface CollectedPoint {
  /** Identifies the collection that the point is part of. Points of two collections never share a request. */
  readonly collection: object;
  /** All that was collected, for exporters that take it whole. Only those keep it. */
  readonly collected: ResourceMetricsLike;
  readonly resource: ResourceLike;
  readonly scope: InstrumentationScopeLike;
  readonly metric: MetricDataLike;
  readonly point: DataPointLike;
}

type Cursor = { -readonly [Field in keyof CollectedPoint]: CollectedPoint[Field] };

/** Stands for everything that would be in a list that cannot be read: nobody knows how much that is. */
const UNREADABLE_LIST: readonly undefined[] = [undefined];

/**
 * Visits each data point of a collection, in order. It is the same object each time, so that no point costs an
 * allocation: read it during the visit.
 *
 * A part of the collection that cannot be read does not cost the other parts. It is visited as one point, which the
 * buffer refuses as unencodable, so that it is counted.
 */
export function forEachPoint(collected: ResourceMetricsLike, visit: (point: CollectedPoint) => void): void {
  // An identity of its own, because the buffer keeps it, and must not keep what was collected.
  const cursor = { collection: {}, collected, resource: fieldOf(collected, 'resource') } as Cursor;
  for (const scopeMetrics of elementsOf(collected, 'scopeMetrics')) {
    cursor.scope = fieldOf(scopeMetrics, 'scope') as InstrumentationScopeLike;
    for (const metric of elementsOf(scopeMetrics, 'metrics')) {
      cursor.metric = metric as MetricDataLike;
      const points = elementsOf(metric, 'dataPoints');
      // By index, because an iterator may allocate an object for each point.
      for (let index = 0; index < points.length; index += 1) {
        cursor.point = points[index] as DataPointLike;
        visit(cursor);
      }
    }
  }
}

function elementsOf<Owner, Key extends keyof Owner>(owner: Owner | undefined, key: Key) {
  const list = fieldOf(owner, key);
  return (Array.isArray(list) ? list : UNREADABLE_LIST) as (Owner[Key] & readonly unknown[]) | readonly undefined[];
}

function fieldOf<Owner, Key extends keyof Owner>(owner: Owner | undefined, key: Key): Owner[Key] | undefined {
  try {
    return owner?.[key];
  } catch {
    return undefined;
  }
}
