/**
 * The ranges of `SeverityNumber`, four numbers each, and the lanes of log records: the least severe has the lowest and
 * is given up first.
 * Source: OpenTelemetry specification, "Logs Data Model", "Field: SeverityNumber".
 */
export const SEVERITY_LANES = { TRACE: 0, DEBUG: 1, INFO: 2, WARN: 3, ERROR: 4, FATAL: 5 } as const;

const NUMBERS_A_RANGE = 4;

/**
 * The lane of a severity. A record without one counts as INFO: its author has said nothing, which is not to say that
 * it matters less than debugging output.
 */
export function severityLane(severityNumber: unknown): number {
  if (typeof severityNumber !== 'number' || !(severityNumber >= 1)) return SEVERITY_LANES.INFO;
  return Math.min(Math.ceil(severityNumber / NUMBERS_A_RANGE) - 1, SEVERITY_LANES.FATAL);
}
