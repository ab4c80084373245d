/**
 * An exporter in upstream's sense: `SpanExporter`, `LogRecordExporter` or `PushMetricExporter` of either SDK line. The
 * code of a result is compared with 0 (success) and 1 (failure), never with an enum of one copy of the SDK.
 */
export interface SdkExporter<Exported> {
  export(exported: Exported, resultCallback: (result: ExportResultLike) => void): void;
  shutdown(): Promise<void>;
  forceFlush?(): Promise<void>;
}

/** An exporter that takes a list of items. */
export type ItemExporter<Item> = SdkExporter<Item[]>;

export interface ExportResultLike {
  readonly code: number;
  readonly error?: Error;
}

export const EXPORT_SUCCESS = 0;
export const EXPORT_FAILED = 1;
