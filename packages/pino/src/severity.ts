/** OpenTelemetry's severities of pino's own names. */
const SEVERITY_OF_NAME: ReadonlyMap<string, number> = new Map([
  ['trace', 1],
  ['debug', 5],
  ['info', 9],
  ['warn', 13],
  ['error', 17],
  ['fatal', 21],
]);

/** The levels of pino are ten apart, and OpenTelemetry's severities four: both begin with trace. */
const TRACE_LEVEL = 10;
const LEVEL_STEP = 10;
const SEVERITY_STEP = 4;
const LAST_SEVERITY = 24;

/**
 * The severity of a level. One of pino's own names counts more than its number, which a logger may have changed. Other
 * levels are placed between pino's: 35, between info (30) and warn (40), is 11, between 9 and 13.
 */
export function severityNumberOf(name: string | undefined, level: number | undefined): number | undefined {
  return SEVERITY_OF_NAME.get(name?.toLowerCase() ?? '') ?? (level === undefined ? undefined : placed(level));
}

function placed(level: number): number {
  const severity = 1 + Math.floor(((level - TRACE_LEVEL) * SEVERITY_STEP) / LEVEL_STEP);
  return Math.min(Math.max(severity, 1), LAST_SEVERITY);
}
