/** The levels of pino are ten apart, and OpenTelemetry's severities four: both begin with trace. */
const TRACE_LEVEL = 10;
const LEVEL_STEP = 10;
const SEVERITY_STEP = 4;
const LAST_SEVERITY = 24;

/** Custom levels are placed between the others: 35, between info (30) and warn (40), is 11, between 9 and 13. */
export function severityNumberOf(level: number): number {
  const severity = 1 + Math.floor(((level - TRACE_LEVEL) * SEVERITY_STEP) / LEVEL_STEP);
  return Math.min(Math.max(severity, 1), LAST_SEVERITY);
}
