const MASK = '***';

/** Segments of well-known endpoints, which are public. */
const WELL_KNOWN: ReadonlySet<string> = new Set([
  '',
  'v1',
  'v2',
  'v3',
  'traces',
  'logs',
  'metrics',
  'otlp',
  'otel',
  'opentelemetry',
  'api',
  'collector',
  'ingest',
  'insert',
  'intake',
]);

/**
 * The path of an endpoint in a form that may be printed. Some vendors put a key into the path, so every segment that is
 * not a well-known word is masked: `/v1/traces` stays, `/3f9c0a7e/v1/traces` becomes "/***" before the standard path.
 */
export function shownPath(pathname: string): string {
  return pathname
    .split('/')
    .map((segment) => (WELL_KNOWN.has(segment.toLowerCase()) ? segment : MASK))
    .join('/');
}

/** Segments of a path that {@link shownPath} masks. */
export function maskedSegments(pathname: string): readonly string[] {
  return pathname.split('/').filter((segment) => !WELL_KNOWN.has(segment.toLowerCase()));
}
