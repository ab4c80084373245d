import type { ItemEncoder } from '@spillway/otlp/encoding';

/** Upstream's and Spillway's encoder of a signal, with the items that they encode. */
export interface EncoderPair<Item> {
  /** What one item is. */
  readonly description: string;
  /** Bytes per item that upstream writes and Spillway leaves out: fields with default values. */
  readonly omittedBytes: number;
  readonly encoder: ItemEncoder<Item>;
  readonly makeItems: (count: number) => Item[];
  /** One OTLP request. */
  readonly serializeUpstream: (items: Item[]) => Uint8Array | undefined;
}
