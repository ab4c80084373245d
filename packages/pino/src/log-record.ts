import { spanContextOf, type StandaloneLogRecord } from '@spillway/logs/standalone';
import { lineTime } from './line-time.ts';
import { severityNumberOf } from './severity.ts';

/** What pino tells its transports about the logger. */
export interface PinoConfig {
  readonly levels: {
    /** Names by number. */
    readonly labels: Readonly<Record<string, string>>;
    /** Numbers by name. */
    readonly values: Readonly<Record<string, number>>;
  };
  readonly messageKey: string;
  readonly errorKey: string;
}

/** pino's own, for a stream that gets no configuration. */
export const DEFAULT_CONFIG: PinoConfig = {
  levels: {
    labels: { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' },
    values: { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 },
  },
  messageKey: 'msg',
  errorKey: 'err',
};

/** Facts of the process that each line repeats, and that the resource already has. */
export interface ProcessFacts {
  readonly pid: number;
  readonly hostname: string;
}

/** A line of pino as a log record. What has no place of its own in a record is an attribute. */
export function logRecordOf(
  line: Readonly<Record<string, unknown>>,
  { levels, messageKey, errorKey }: PinoConfig,
  facts: ProcessFacts,
): StandaloneLogRecord {
  const {
    level,
    time: writtenTime,
    pid,
    hostname,
    trace_id,
    span_id,
    trace_flags,
    [messageKey]: body,
    [errorKey]: error,
    ...attributes
  } = line;
  const time = lineTime(writtenTime);
  const spanContext = spanContextOf({ trace_id, span_id, trace_flags });
  if (time === undefined) keep(attributes, { time: writtenTime });
  if (spanContext === undefined) keep(attributes, { trace_id, span_id, trace_flags });
  if (pid !== facts.pid) keep(attributes, { pid });
  if (hostname !== facts.hostname) keep(attributes, { hostname });
  if (error !== undefined) keep(attributes, errorAttributes(errorKey, error));
  return { time, ...severityOf(level, levels), body, attributes, spanContext };
}

function severityOf(
  level: unknown,
  { labels, values }: PinoConfig['levels'],
): Pick<StandaloneLogRecord, 'severityNumber' | 'severityText'> {
  if (typeof level === 'number')
    return { severityNumber: severityNumberOf(labels[level], level), severityText: labels[level] };
  if (typeof level !== 'string') return {};
  // `formatters.level` has replaced the number by the name, perhaps in upper case.
  const number = values[level] ?? values[level.toLowerCase()];
  return { severityNumber: severityNumberOf(level, number), severityText: level };
}

/** A serialized error as attributes of OpenTelemetry's conventions; its other properties stay where they were. */
function errorAttributes(key: string, error: unknown): Record<string, unknown> {
  if (typeof error !== 'object' || error === null || !('stack' in error)) return { [key]: error };
  const { type, message, stack, ...others } = error as Record<string, unknown>;
  return {
    'exception.type': type,
    'exception.message': message,
    'exception.stacktrace': stack,
    ...(Object.keys(others).length > 0 && { [key]: others }),
  };
}

function keep(attributes: Record<string, unknown>, fields: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) attributes[name] = value;
}
