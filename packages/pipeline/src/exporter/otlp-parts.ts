import type { RequestBuffer } from '@spillway/otlp';
import type { ThinningThreshold } from '@spillway/otlp/encoding';
import type { OtlpTransport } from '@spillway/otlp/transport';
import type { ExporterComponent } from '../self-metrics/component.ts';

/** What a pipeline asks of the buffer that an exporter makes for it. */
export interface RequestBufferOptions {
  /** An item that encodes to more bytes is refused. */
  readonly maxItemBytes: number;
  /** The threshold by which queued items are thinned out. Default: they are not thinned out. */
  readonly thinning?: ThinningThreshold | undefined;
}

/**
 * An exporter gives these to a processor or reader, both Spillway's, so that items are encoded once and the controller
 * retries.
 */
export interface OtlpParts<Item, Batch = unknown> {
  /** Makes the buffer that encodes the items of one pipeline and assembles its requests. */
  readonly newBuffer: (options: RequestBufferOptions) => RequestBuffer<Item, Batch>;
  readonly transport: OtlpTransport;
  readonly maxRequestBytes: number;
  /** Requests in flight at most. */
  readonly concurrencyLimit: number;
  /** The exporter, as self-metrics name it. Default: by its class. */
  readonly component?: ExporterComponent;
  /**
   * The exporter's original `export`. If the exporter now has another one, the application has changed it (for example
   * in a subclass) and expects it to be called, so these parts are ignored. Default: they are used in any case.
   */
  readonly export?: unknown;
}

/**
 * A registered symbol, because the processor and the exporter may come from two copies of this package (ESM and CJS, or
 * two versions), between which `instanceof` is false. The number is the version of the shape of {@link OtlpParts}.
 */
export const OTLP_PARTS: unique symbol = Symbol.for('spillway.otlp.parts/2') as never;

/** @returns undefined for a foreign exporter, or one whose `export` was overridden */
export function otlpPartsOf<Item>(exporter: { readonly export: unknown }): OtlpParts<Item> | undefined {
  const parts = (exporter as { [OTLP_PARTS]?: OtlpParts<Item> })[OTLP_PARTS];
  return parts?.export === undefined || parts.export === exporter.export ? parts : undefined;
}
