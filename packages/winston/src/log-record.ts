import { exceptionAttributes, isError } from '@spillway/otlp/encoding';
import { spanContextOf, type StandaloneLogRecord } from '@spillway/logs/standalone';
import { exceptionOfCopy, plainFieldsOf } from './exception.ts';
import { SEVERITY_OF_LEVEL } from './severity.ts';

/** What winston passes to its transports. It may be an error: `logger.error(error)`. */
export type WinstonInfo = Readonly<Record<string | symbol, unknown>>;

/** The level as it was given: a format may have put colours into `info.level`. */
const LEVEL = Symbol.for('level');
/** The arguments after the message. */
const SPLAT = Symbol.for('splat');

/** Where applications put an error. */
const ERROR_KEYS = ['error', 'err'] as const;

/**
 * An entry of winston as a log record. What has no place of its own in a record is an attribute. Never throws: a property
 * that throws when it is read is left out.
 */
export function logRecordOf(
  info: WinstonInfo,
  severityNumbers: Readonly<Record<string, number>> = {},
): StandaloneLogRecord {
  try {
    return recordOf(info, severityNumbers);
  } catch {
    return recordOf(readablePartOf(info), severityNumbers);
  }
}

function readablePartOf(info: WinstonInfo): WinstonInfo {
  const part: Record<string | symbol, unknown> = {};
  for (const key of Reflect.ownKeys(info)) {
    try {
      part[key] = info[key];
    } catch {
      // The others are still worth sending.
    }
  }
  return part;
}

function recordOf(info: WinstonInfo, severityNumbers: Readonly<Record<string, number>>): StandaloneLogRecord {
  const error = isError(info) ? info : errorIn(info[SPLAT]);
  const {
    level,
    message: body,
    stack,
    trace_id,
    span_id,
    trace_flags,
    ...attributes
  } = error === undefined ? (info as Record<string, unknown>) : fieldsBeside(error, info);
  const severityText = String(info[LEVEL] ?? level);
  const spanContext = spanContextOf({ trace_id, span_id, trace_flags });
  if (spanContext === undefined) keep(attributes, { trace_id, span_id, trace_flags });
  if (error !== undefined) Object.assign(attributes, exceptionAttributes(error));
  else if (stack !== undefined) moveCopy(attributes, stack, body);
  for (const key of ERROR_KEYS) splitError(attributes, key);
  return {
    severityNumber: severityNumbers[severityText] ?? SEVERITY_OF_LEVEL[severityText],
    severityText,
    body,
    attributes,
    spanContext,
  };
}

function errorIn(splat: unknown): object | undefined {
  return Array.isArray(splat) ? splat.find((argument) => isError(argument)) : undefined;
}

/**
 * The fields of an entry that an error belongs to. winston copies all properties of an error that follows the message.
 * Only its plain values are kept: the error of an HTTP client may hold the whole request, with its secrets.
 */
function fieldsBeside(error: object, info: WinstonInfo): Record<string, unknown> {
  const { level, message } = info;
  const own = plainFieldsOf(error);
  if (info === error) return { ...own, level, message };
  const copied =
    (info[SPLAT] as readonly unknown[])[0] === error ? new Set(['cause', ...Object.keys(error)]) : new Set();
  const others = Object.entries(info).filter(([key]) => !copied.has(key) || Object.hasOwn(own, key));
  return { ...own, ...Object.fromEntries(others), level, message };
}

function moveCopy(attributes: Record<string, unknown>, stack: unknown, message: unknown): void {
  const { cause } = attributes;
  // winston has set it, perhaps to nothing. The stack trace has a cause that is an error.
  if (cause === undefined || isError(cause)) delete attributes['cause'];
  Object.assign(attributes, exceptionOfCopy(stack, message, cause));
}

/** OpenTelemetry has attributes for an exception. Other plain properties of the error stay where the error was. */
function splitError(attributes: Record<string, unknown>, key: string): void {
  const error = attributes[key];
  if (!isError(error)) return;
  delete attributes[key];
  const fields = plainFieldsOf(error);
  if (Object.keys(fields).length > 0) attributes[key] = fields;
  Object.assign(attributes, exceptionAttributes(error));
}

function keep(attributes: Record<string, unknown>, fields: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) attributes[name] = value;
}
