import { errorFields, exceptionAttributes, isError } from '@spillway/otlp/encoding';

/** `RangeError: no tea`, or `TypeError [ERR_INVALID_ARG_TYPE]: no tea`, as Node writes it. */
const TITLE_BEGINNING = /^(\w+)(?: \[\w+\])?: /;

/**
 * The plain properties of an error (`code`, `status`), and the errors of an `AggregateError`, without what the attributes
 * of the exception tell. Its stack trace has the causes that are errors.
 */
export function plainFieldsOf(error: object): Record<string, unknown> {
  const { name: _name, message: _message, stack: _stack, cause, ...fields } = errorFields(error);
  return cause === undefined || typeof cause === 'object' ? fields : { ...fields, cause };
}

/**
 * The attributes of an error of which only message, stack and cause are left: child loggers and `format.errors` copy it.
 */
export function exceptionOfCopy(stack: unknown, message: unknown, cause: unknown): Record<string, unknown> {
  const [beginning = '', type] = TITLE_BEGINNING.exec(String(stack)) ?? [];
  const isTitle = typeof message === 'string' && String(stack).startsWith(message, beginning.length);
  const causes = isError(cause) ? exceptionAttributes(cause)['exception.stacktrace'] : undefined;
  return {
    ...(type !== undefined && isTitle && { 'exception.type': type, 'exception.message': message }),
    'exception.stacktrace': causes === undefined ? stack : `${String(stack)}\n[cause]: ${causes}`,
  };
}
