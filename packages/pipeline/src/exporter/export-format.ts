import { EncodedBuffer } from '@spillway/otlp';
import type { ItemEncoder, ResourceLike } from '@spillway/otlp/encoding';
import type { OtlpParts } from './otlp-parts.ts';

/** How the exports of a signal become requests. */
export interface ExportFormat<Item, Exported> {
  readonly newBuffer: OtlpParts<Item>['newBuffer'];
  /** Visits each item of one export. An item may be read only during its visit. */
  readonly forEachItem: (exported: Exported, visit: (item: Item) => void) => void;
  readonly resourcesOf: (exported: Exported) => Iterable<ResourceLike>;
}

/** The format of a signal whose items are independent of each other, and are exported as a list. */
export function listFormat<Item>(encoder: ItemEncoder<Item>): ExportFormat<Item, readonly Item[]> {
  return {
    newBuffer: (options) => new EncodedBuffer<Item>({ encoder, ...options }),
    forEachItem: (items, visit) => {
      for (const item of items) visit(item);
    },
    resourcesOf: (items) => new Set(items.map((item) => encoder.resourceOf(item))),
  };
}
