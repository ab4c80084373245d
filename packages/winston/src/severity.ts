import { notAbove, wholeFrom1 } from '@spillway/backpressure';

const LAST_SEVERITY = 24;

/**
 * The severities of the levels that winston has tables of (npm, syslog, cli), as OpenTelemetry's own transport gives them.
 * A name that two tables have means what it means in the first. Many applications add the first and the last of these.
 */
export const SEVERITY_OF_LEVEL: Readonly<Record<string, number>> = {
  trace: 1,
  silly: 1,
  debug: 5,
  verbose: 6,
  http: 7,
  info: 9,
  warn: 13,
  error: 17,
  notice: 10,
  warning: 13,
  crit: 21,
  alert: 22,
  emerg: 23,
  input: 2,
  prompt: 4,
  data: 10,
  help: 11,
  fatal: 21,
};

/** @throws RangeError or TypeError that names the level and its severity */
export function checkSeverityNumbers(severityNumbers: Readonly<Record<string, number>>): void {
  for (const [level, severity] of Object.entries(severityNumbers)) {
    const field = `severityNumbers.${level}`;
    notAbove(field, wholeFrom1(field, severity), 'FATAL4', LAST_SEVERITY);
  }
}
