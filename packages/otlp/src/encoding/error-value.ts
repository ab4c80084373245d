import { typeOf } from './type-of.ts';

/** Limit of a chain of causes, which may be long or circular, and of the errors of an `AggregateError`. */
const MOST_ERRORS = 8;

/** Not by `instanceof` alone, because an error may come from another realm. */
export function isError(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  try {
    // Most objects are plain, so this ends early.
    if (Object.getPrototypeOf(value) === Object.prototype) return false;
    const type = typeOf(value);
    return type === 'Error' || type === 'DOMException' || value instanceof Error;
  } catch {
    // A proxy whose traps throw. Writing it will fail and report that.
    return false;
  }
}

/**
 * Name, message and stack of an error, its causes, and its other properties with plain values (`code`, `status`).
 * Objects are left out: the error of an HTTP client may hold the whole request, with its secrets.
 * @param seen the errors that are already part of the value
 */
export function errorFields(error: object, seen = new Set<unknown>()): Record<string, unknown> {
  seen.add(error);
  const fields: Record<string, unknown> = {
    name: textIn(error, 'name'),
    message: textIn(error, 'message'),
    stack: textIn(error, 'stack'),
  };
  for (const key of Object.keys(error)) {
    const value = read(error, key);
    if (!Object.hasOwn(fields, key) && isPlain(value)) fields[key] = value;
  }
  fields['cause'] = causeValue(read(error, 'cause'), seen);
  const errors = read(error, 'errors');
  if (Array.isArray(errors))
    fields['errors'] = errors
      .slice(0, MOST_ERRORS)
      .map((one) => causeValue(one, seen))
      .filter((one) => one !== undefined);
  return withoutUndefined(fields);
}

function causeValue(cause: unknown, seen: Set<unknown>): unknown {
  if (isPlain(cause)) return cause;
  return isError(cause) && !seen.has(cause) && seen.size < MOST_ERRORS ? errorFields(cause, seen) : undefined;
}

function isPlain(value: unknown): boolean {
  return ['string', 'number', 'boolean', 'bigint'].includes(typeof value);
}

/** The attributes of an error in OpenTelemetry's semantic conventions ("Exceptions in logs"). */
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

/** A thrown value as text. Anything may have been thrown, even a value that cannot be converted to a string. */
export function errorText(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'a value that cannot be shown';
  }
}

/** In the form in which Node prints it. */
function stackWithCauses(error: object): string | undefined {
  const stacks: string[] = [];
  const seen = new Set<unknown>();
  for (
    let next: unknown = error;
    isError(next) && !seen.has(next) && seen.size < MOST_ERRORS;
    next = read(next, 'cause')
  ) {
    seen.add(next);
    stacks.push(textIn(next, 'stack') ?? errorTitle(next));
  }
  return stacks.length === 1 ? textIn(error, 'stack') : stacks.join('\n[cause]: ');
}

function textIn(error: object, key: string): string | undefined {
  const text = read(error, key);
  return typeof text === 'string' ? text : undefined;
}

/** A getter of the error may throw; its other properties are still worth sending. */
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
