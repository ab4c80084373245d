/** Upstream's own modules, which are resolved when a suite is bundled. */
declare module 'upstream:src/trace/internal' {
  export function createExportTraceServiceRequest(spans: readonly object[], encoder: unknown): unknown;
}
declare module 'upstream:src/logs/internal' {
  export function createExportLogsServiceRequest(records: readonly object[], encoder: unknown): unknown;
}
