import type { ResourceLike } from '@spillway/otlp/encoding';
import type { Component } from '../self-metrics/component.ts';

/** What a pipeline has lost since its last report. */
export interface LossReport {
  /** Sampled-out items are apart, because the items that were kept count for them. */
  readonly kind: 'lost' | 'sampled_out';
  readonly signal: string;
  readonly component: Component;
  /** The resource of the pipeline's items; `undefined` if it has never seen one. */
  readonly resource: ResourceLike | undefined;
  /** Above 0 each. A reason is a drop reason, or `not_built`. */
  readonly countByReason: Readonly<Record<string, number>>;
  /** When the first and the last of them were lost, in milliseconds since 1970. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Sends reports to a backend. */
export interface LossReportTaker {
  /** Must not throw. @returns whether the report will be sent */
  take(report: LossReport): boolean;
}
