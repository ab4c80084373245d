import { BITS_BELOW_THRESHOLD, THRESHOLD_DIGITS } from '@spillway/otlp/encoding';
import { formatThreshold, isAbove, type Threshold } from '@spillway/sampling';

/** The threshold with these upper 16 bits. */
export function wholeThreshold(threshold: number): Threshold {
  return { high: threshold << BITS_BELOW_THRESHOLD, low: 0 };
}

/** The upper 16 bits of a threshold. */
export function upperThresholdOf({ high }: Threshold): number {
  return high >>> BITS_BELOW_THRESHOLD;
}

/** The digits, including leading zeros. */
export function thresholdText(threshold: number): string {
  return threshold.toString(16).padStart(THRESHOLD_DIGITS, '0');
}

/** All digits of the greater of two thresholds. @param passed the one that an item came with */
export function greaterThresholdText(threshold: number, passed: Threshold | undefined): string {
  if (passed === undefined || !isAbove(passed, wholeThreshold(threshold))) return thresholdText(threshold);
  return formatThreshold(passed).padEnd(THRESHOLD_DIGITS, '0');
}

/**
 * A copy of an SDK's item with other fields. It has the item's own fields and its class, whose getters read them, so an
 * exporter that spreads or serializes it finds what it expects.
 */
export function copyWith<Item extends object>(item: Item, fields: Readonly<Record<string, unknown>>): Item {
  const own = Object.getOwnPropertyDescriptors(item) as PropertyDescriptorMap;
  for (const [name, value] of Object.entries(fields))
    own[name] = { value, enumerable: true, writable: true, configurable: true };
  return Object.create(Object.getPrototypeOf(item) as object | null, own) as Item;
}
