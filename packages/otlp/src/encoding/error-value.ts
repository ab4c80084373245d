import { typeOf } from './type-of.ts';

/** An error and all that led to it: a chain may be long or lead back to itself, and an `AggregateError` may contain others. */
const MOST_ERRORS = 8;

/** Not by `instanceof` alone, because an error may come from another realm. */
export function isError(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  try {
    // Most objects are plain.
    if (Object.getPrototypeOf(value) === Object.prototype) return false;
    const type = typeOf(value);
    return type === 'Error' || type === 'DOMException' || value instanceof Error;
  } catch {
    // A proxy whose traps throw. Whoever writes it finds out.
    return false;
  }
}

/**
 * Name, message and stack of an error, its causes, and what else it says in plain values (`code`, `status`). Objects that
 * it carries are left out: a client's error holds the whole request, with its secrets.
 * @param seen the errors that are part of the value already
 */
export function errorFields(error: object, seen = new Set<unknown>()): Record<string, unknown> {
  seen.add(error);
  const fields: Record<string, unknown> = { name: textIn(error, 'name'), message: textIn(error, 'message'), stack: textIn(error, 'stack') };
  for (const key of Object.keys(error)) {
    const value = read(error, key);
    if (!Object.hasOwn(fields, key) && isPlain(value)) fields[key] = value;
  }
  fields['cause'] = causeValue(read(error, 'cause'), seen);
  const errors = read(error, 'errors');
  if (Array.isArray(errors)) fields['errors'] = errors.slice(0, MOST_ERRORS).map((one) => causeValue(one, seen)).filter((one) => one !== undefined);
  return withoutUndefined(fields);
}

function causeValue(cause: unknown, seen: Set<unknown>): unknown {
  if (isPlain(cause)) return cause;
  return isError(cause) && !seen.has(cause) && seen.size < MOST_ERRORS ? errorFields(cause, seen) : undefined;
}

function isPlain(value: unknown): boolean {
  return ['string', 'number', 'boolean', 'bigint'].includes(typeof value);
}

/** The attributes that OpenTelemetry's semantic conventions have for an error ("Exceptions in logs"). */
export function exceptionAttributes(error: object): Record<string, string> {
  return withoutUndefined({
    'exception.type': textIn(error, 'name'),
    'exception.message': textIn(error, 'message'),
    'exception.stacktrace': stackWithCauses(error),
  }) as Record<string, string>;
}

/** `Name: message`, as errors print themselves. */
export function errorTitle(error: object): string {
  const name = textIn(error, 'name') ?? 'Error';
  const message = textIn(error, 'message') ?? '';
  return message === '' ? name : `${name}: ${message}`;
}

/** What was thrown, in words. Anything may have been thrown, even what cannot be made a string. */
export function errorText(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'something that cannot be shown';
  }
}

/** As Node prints it. */
function stackWithCauses(error: object): string | undefined {
  const stacks: string[] = [];
  const seen = new Set<unknown>();
  for (let next: unknown = error; isError(next) && !seen.has(next) && seen.size < MOST_ERRORS; next = read(next, 'cause')) {
    seen.add(next);
    stacks.push(textIn(next, 'stack') ?? errorTitle(next));
  }
  return stacks.length === 1 ? textIn(error, 'stack') : stacks.join('\n[cause]: ');
}

function textIn(error: object, key: string): string | undefined {
  const text = read(error, key);
  return typeof text === 'string' ? text : undefined;
}

/** A getter of the error may throw; what else it says is worth sending. */
function read(error: object, key: string): unknown {
  try {
    return (error as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

function withoutUndefined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
