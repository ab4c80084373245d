import type { MetricProducer } from '@opentelemetry/sdk-metrics';
import { emptyResource } from '@opentelemetry/resources';

/** What Spillway's reader says at one moment, in data points. */
interface PointCounts {
  readonly held: number;
  /** Points given up so far, by reason. */
  readonly lostByReason: Readonly<Record<string, number>>;
}

/**
 * Counts measurements that Spillway's reader has collected. The reader itself counts data points. It holds one
 * collection at a time: once it holds nothing, all measurements of that collection are delivered, or lost if it has
 * given up a point of it.
 */
export class CollectedMeasurements implements MetricProducer {
  delivered = 0;
  readonly lostByReason: Record<string, number> = {};
  readonly #madeSoFar: () => number;
  #settled = 0;
  #collected = 0;
  #lostPoints: Readonly<Record<string, number>> = {};

  constructor(madeSoFar: () => number) {
    this.#madeSoFar = madeSoFar;
  }

  /** Is called for each collection, and adds nothing to it. */
  async collect() {
    this.#collected = this.#madeSoFar();
    return { resourceMetrics: { resource: emptyResource(), scopeMetrics: [] }, errors: [] };
  }

  note({ held, lostByReason }: PointCounts): void {
    if (held > 0 || this.#collected === this.#settled) return;
    const measurements = this.#collected - this.#settled;
    const reason = Object.keys(lostByReason).find((name) => lostByReason[name] !== this.#lostPoints[name]);
    if (reason === undefined) this.delivered += measurements;
    else this.lostByReason[reason] = (this.lostByReason[reason] ?? 0) + measurements;
    this.#settled = this.#collected;
    this.#lostPoints = lostByReason;
  }
}
