import { probabilityOf } from '@spillway/sampling';
import type { DeliveredItem } from './delivered-items.ts';

/** A receiver's estimate of how many items were made, from the items that arrived. */
export interface CountEstimate {
  readonly kept: number;
  /** The sum of the adjusted counts. */
  readonly count: number;
  /** Its standard deviation. */
  readonly deviation: number;
}

/**
 * Estimates how many items were made, and the error of that estimate.
 *
 * An item that is kept with probability p counts for 1/p, so on average it counts for 1 (Horvitz and Thompson). The
 * items of a trace share their randomness: two items are both kept with the smaller of their probabilities, so their
 * counts have a covariance of min(p, q) / (p q) - 1 = 1 / max(p, q) - 1. Items of different traces have no covariance.
 * Two items are seen together only with probability min(p, q), so the covariance of a seen pair is divided by that: (1
 * / max - 1) / min = (1 - max) / (p q). For traces of one item each, this is the well-known (1 - p) / p^2.
 */
export function estimateCount(items: Iterable<DeliveredItem>): CountEstimate {
  const traces = new Map<string, number[]>();
  let kept = 0;
  let count = 0;
  for (const { traceId, threshold } of items) {
    const probability = threshold === undefined ? 1 : probabilityOf(threshold);
    kept += 1;
    count += 1 / probability;
    if (probability === 1) continue;
    // An item without a trace was drawn independently.
    const key = traceId === '' ? `item ${kept}` : traceId;
    const trace = traces.get(key);
    if (trace === undefined) traces.set(key, [probability]);
    else trace.push(probability);
  }
  let variance = 0;
  for (const trace of traces.values()) {
    for (const p of trace) for (const q of trace) variance += (1 - Math.max(p, q)) / (p * q);
  }
  return { kept, count, deviation: Math.sqrt(variance) };
}

/** Mean of some numbers, and its standard error. */
export function meanOf(values: readonly number[]): { readonly mean: number; readonly standardError: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / (values.length - 1) / values.length) };
}
