import { type BatchBuffer, ObjectBuffer } from '@spillway/backpressure';
import type { ResourceLike } from '@spillway/otlp/encoding';
import { objectBytes } from './object-bytes.ts';

/** How items are kept for a foreign exporter, which takes objects. */
export interface ObjectFormat<Item, Exported> {
  /** Makes a buffer whose batches are what the exporter takes. */
  readonly newBuffer: () => BatchBuffer<Item, Exported>;
  readonly resourcesOf: (exported: Exported) => Iterable<ResourceLike | undefined>;
}

/** The format of a signal whose exporters take a list of items. */
export function objectListFormat<Item>(
  resourceOf: (item: Item) => ResourceLike | undefined,
): ObjectFormat<Item, Item[]> {
  return {
    newBuffer: () => new ObjectBuffer<Item>(objectBytes),
    resourcesOf: (items) => new Set(items.map(resourceOf)),
  };
}
