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
import { isCumulative } from '../is-cumulative.ts';
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
  /** See {@link CollectedPoint.collection}. Another collection may take the place of one that is empty. */
  identity: object;
  readonly lanes: EncodedLanes<CollectedPoint>;
  private readonly scopes: ScopeTable;
  private readonly encoder: MetricHeaderEncoder;
  /** By number. */
  private metrics: MetricHeader[] = [];
  private metricBytes = 0;
  private heldPoints = 0;
  private hasOthers = false;
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

  /** Whether all of its metrics are cumulative. */
  get isCumulative(): boolean {
    return !this.hasOthers;
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
    if (point.metric !== this.lastMetric || point.scope !== this.lastScope) this.addMetric(point);
    this.heldPoints += 1;
    return this.metrics.length - 1;
  }

  letGo(_id: number, points: number): void {
    this.heldPoints -= points;
    if (this.heldPoints === 0) this.forgetMetrics();
  }

  /** No point is expected any more, but one would still be taken. Gives back what was kept for the next one. */
  complete(): void {
    this.forgetLast();
    this.lanes.close();
  }

  /** Otherwise the collection would keep the points of its last metric, which the SDK has given away. */
  forgetLast(): void {
    this.lastMetric = undefined;
    this.lastScope = undefined;
  }

  private addMetric({ resource, scope, metric }: CollectedPoint): void {
    const scopeId = this.scopes.hold(resource, scope);
    let header: MetricHeader;
    try {
      header = this.encoder.encode(metric, scopeId);
    } catch (error) {
      this.scopes.letGo(scopeId, 1);
      throw error;
    }
    if (!isCumulative(metric)) this.hasOthers = true;
    // Only now, because getters of the metric may have released all points, and with them the headers of this list.
    this.metrics.push(header);
    this.metricBytes += header.byteLength;
    this.lastMetric = metric;
    this.lastScope = scope;
  }

  private forgetMetrics(): void {
    for (const { scopeId } of this.metrics) this.scopes.letGo(scopeId, 1);
    this.metrics = [];
    this.metricBytes = 0;
    this.hasOthers = false;
    this.forgetLast();
  }
}
