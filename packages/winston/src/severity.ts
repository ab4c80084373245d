/**
 * The severities of the levels that winston has tables of (npm, syslog, cli), as OpenTelemetry's own transport gives them.
 * A name that two tables have means what it means in the first.
 */
export const SEVERITY_OF_LEVEL: Readonly<Record<string, number>> = {
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
};
