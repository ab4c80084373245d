import type { ItemEncoder } from '@spillway/otlp/encoding';
import type { OtlpTransport } from '@spillway/otlp/transport';

/** What our own exporters hand to our own processors, so that items are encoded once and retried by the controller. */
export interface OtlpParts<Item> {
  readonly encoder: ItemEncoder<Item>;
  readonly transport: OtlpTransport;
  readonly maxRequestBytes: number;
  /** Requests in flight at most. */
  readonly concurrencyLimit: number;
  /**
   * The exporter's own `export`. One that has another was changed by the application (a subclass, say), which expects
   * it to be called: these parts are then left alone. Default: they are used in any case.
   */
  readonly export?: unknown;
}

/**
 * A registered symbol, because the processor and the exporter may come from two copies of this package (ESM and CJS, or
 * two versions), between which `instanceof` is false.
 */
export const OTLP_PARTS: unique symbol = Symbol.for('spillway.otlp.parts/1') as never;

/** @returns undefined for an exporter that is not ours, or whose `export` was overridden */
export function otlpPartsOf<Item>(exporter: { readonly export: unknown }): OtlpParts<Item> | undefined {
  const parts = (exporter as { [OTLP_PARTS]?: OtlpParts<Item> })[OTLP_PARTS];
  return parts?.export === undefined || parts.export === exporter.export ? parts : undefined;
}
