import type { ItemEncoder } from '@spillway/otlp/encoding';

/** Upstream's encoder of a signal and ours, and what they encode. */
export interface EncoderPair<Item> {
  /** What one item is. */
  readonly description: string;
  /** Bytes an item that upstream writes and we leave out: fields that have their default. */
  readonly omittedBytes: number;
  readonly encoder: ItemEncoder<Item>;
  readonly makeItems: (count: number) => Item[];
  /** One OTLP request. */
  readonly serializeUpstream: (items: Item[]) => Uint8Array | undefined;
}
