import { isKept, maxThreshold, KEEP_ALL, type Threshold } from '@spillway/sampling';
import type { DeliveredItem } from './delivered-items.ts';

/**
 * The items that a consistent sampler behind the collector passes on, as OpenTelemetry specifies it. An item is kept
 * iff its randomness is at or above the threshold. From then on, it carries the greater of this threshold and its own.
 */
export function passedOn(items: readonly DeliveredItem[], threshold: Threshold): DeliveredItem[] {
  return items
    .filter(({ randomness }) => randomness !== undefined && isKept(randomness, threshold))
    .map((item) => ({ ...item, threshold: maxThreshold(item.threshold ?? KEEP_ALL, threshold) }));
}
