import {
  EncodedLanes,
  type EncodedLanesOptions,
  type HeaderNumbers,
  type ScopeTable,
  type SegmentStore,
} from '@spillway/otlp';
import type { InstrumentationScopeLike } from '@spillway/otlp/encoding';
import type { CollectedPoint } from '../collected-point.ts';
import type { MetricHeader } from '../encoding/metric-header.ts';
import type { MetricHeaderEncoder } from '../encoding/metric-header-encoder.ts';
import type { MetricDataLike } from '../metric-data.ts';

/** The parts of a buffer that its collections share. */
export interface SharedParts {
  readonly store: SegmentStore;
  readonly scopes: ScopeTable;
  readonly metrics: MetricHeaderEncoder;
  readonly options: EncodedLanesOptions;
}

/**
 * The points of one collection that are queued or out, and the headers of their metrics. The headers go with the last
 * of the points.
 */
export class HeldCollection implements HeaderNumbers<CollectedPoint> {
  /** See {@link CollectedPoint.collection}. */
  readonly identity: object;
  readonly lanes: EncodedLanes<CollectedPoint>;
  private readonly scopes: ScopeTable;
  private readonly encoder: MetricHeaderEncoder;
  /** By number. */
  private metrics: MetricHeader[] = [];
  private metricBytes = 0;
  private heldPoints = 0;
  private lastMetric: MetricDataLike | undefined;
  private lastScope: InstrumentationScopeLike | undefined;

  constructor(identity: object, { store, scopes, metrics, options }: SharedParts) {
    this.identity = identity;
    this.lanes = new EncodedLanes(store, this, options);
    this.scopes = scopes;
    this.encoder = metrics;
  }

  get isEmpty(): boolean {
    return this.heldPoints === 0;
  }

  /** Bytes of the headers of metrics. */
  get headerBytes(): number {
    return this.metricBytes;
  }

  metricOf(id: number): MetricHeader {
    return this.metrics[id] as MetricHeader;
  }

  /**
   * Points of a metric come one after the other, so the last metric is nearly always the one.
   * @throws UnencodableError or ItemTooLargeError if the header of the metric cannot be encoded
   */
  hold(point: CollectedPoint): number {
    // Counted before the metric is encoded, because its getters may release everything else.
    this.heldPoints += 1;
    if (point.metric !== this.lastMetric || point.scope !== this.lastScope) this.addMetric(point);
    return this.metrics.length - 1;
  }

  letGo(_id: number, points: number): void {
    this.heldPoints -= points;
    if (this.heldPoints === 0) this.forgetMetrics();
  }

  /** The collection is probably complete. A later point is still taken. */
  complete(): void {
    this.lastMetric = undefined;
    this.lastScope = undefined;
    this.lanes.close();
  }

  private addMetric({ resource, scope, metric }: CollectedPoint): void {
    let scopeId: number | undefined;
    try {
      scopeId = this.scopes.hold(resource, scope);
      const header = this.encoder.encode(metric, scopeId);
      this.metrics.push(header);
      this.metricBytes += header.byteLength;
      this.lastMetric = metric;
      this.lastScope = scope;
    } catch (error) {
      if (scopeId !== undefined) this.scopes.letGo(scopeId, 1);
      this.letGo(-1, 1);
      throw error;
    }
  }

  private forgetMetrics(): void {
    for (const { scopeId } of this.metrics) this.scopes.letGo(scopeId, 1);
    this.metrics = [];
    this.metricBytes = 0;
    this.lastMetric = undefined;
    this.lastScope = undefined;
  }
}
