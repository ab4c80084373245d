import type { ItemEncoder } from '@spillway/otlp/encoding';
import type { OtlpTransport } from '@spillway/otlp/transport';

/**
 * An exporter gives these to a processor, both Spillway's, so that items are encoded once and the controller retries.
 */
export interface OtlpParts<Item> {
  readonly encoder: ItemEncoder<Item>;
  readonly transport: OtlpTransport;
  readonly maxRequestBytes: number;
  /** Requests in flight at most. */
  readonly concurrencyLimit: number;
  /**
   * The exporter's original `export`. If the exporter now has another one, the application has changed it (for example
   * in a subclass) and expects it to be called, so these parts are ignored. Default: they are used in any case.
   */
  readonly export?: unknown;
}

/**
 * A registered symbol, because the processor and the exporter may come from two copies of this package (ESM and CJS, or
 * two versions), between which `instanceof` is false.
 */
export const OTLP_PARTS: unique symbol = Symbol.for('spillway.otlp.parts/1') as never;

/** @returns undefined for a foreign exporter, or one whose `export` was overridden */
export function otlpPartsOf<Item>(exporter: { readonly export: unknown }): OtlpParts<Item> | undefined {
  const parts = (exporter as { [OTLP_PARTS]?: OtlpParts<Item> })[OTLP_PARTS];
  return parts?.export === undefined || parts.export === exporter.export ? parts : undefined;
}
