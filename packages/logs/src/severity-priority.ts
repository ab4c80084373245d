/**
 * The ranges of `SeverityNumber`, four numbers each, as lanes of log records. The least severe range has the lowest
 * lane and is given up first. Source: OpenTelemetry specification, "Logs Data Model", "Field: SeverityNumber".
 */
export const SEVERITY_LANES = { TRACE: 0, DEBUG: 1, INFO: 2, WARN: 3, ERROR: 4, FATAL: 5 } as const;

const NUMBERS_A_RANGE = 4;

/**
 * The lane of a severity. A record without a severity counts as INFO: a missing severity does not mean that the record
 * matters less than debugging output.
 */
export function severityLane(severityNumber: unknown): number {
  if (typeof severityNumber !== 'number' || !(severityNumber >= 1)) return SEVERITY_LANES.INFO;
  return Math.min(Math.ceil(severityNumber / NUMBERS_A_RANGE) - 1, SEVERITY_LANES.FATAL);
}
