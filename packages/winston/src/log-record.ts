import { exceptionAttributes, isError } from '@spillway/otlp/encoding';
import { spanContextOf, type StandaloneLogRecord } from '@spillway/logs/standalone';
import { SEVERITY_OF_LEVEL } from './severity.ts';

/** What winston passes to its transports. */
export type WinstonInfo = Readonly<Record<string | symbol, unknown>>;

/** The level as it was given: a format may have put colours into `info.level`. */
const LEVEL = Symbol.for('level');

/** Where applications put an error. */
const ERROR_KEYS = ['error', 'err'] as const;

/** An entry of winston as a log record. What has no place of its own in a record is an attribute. */
export function logRecordOf(
  info: WinstonInfo,
  severityNumbers: Readonly<Record<string, number>> = {},
): StandaloneLogRecord {
  const {
    level,
    message: body,
    stack,
    trace_id,
    span_id,
    trace_flags,
    ...attributes
  } = info as Record<string, unknown>;
  const severityText = String(info[LEVEL] ?? level);
  const spanContext = spanContextOf({ trace_id, span_id, trace_flags });
  if (spanContext === undefined) keep(attributes, { trace_id, span_id, trace_flags });
  if (stack !== undefined) attributes['exception.stacktrace'] = stack;
  for (const key of ERROR_KEYS) moveError(attributes, key);
  return {
    severityNumber: severityNumbers[severityText] ?? SEVERITY_OF_LEVEL[severityText],
    severityText,
    body,
    attributes,
    spanContext,
  };
}

/** OpenTelemetry has attributes for an exception. */
function moveError(attributes: Record<string, unknown>, key: string): void {
  const error = attributes[key];
  if (!isError(error)) return;
  delete attributes[key];
  Object.assign(attributes, exceptionAttributes(error));
}

function keep(attributes: Record<string, unknown>, fields: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) attributes[name] = value;
}
