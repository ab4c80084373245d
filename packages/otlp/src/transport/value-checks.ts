/**
 * Checks of single option values. Each returns the typed value, or throws a TypeError (wrong type or form) or
 * RangeError (out of range) that names the option and the value.
 */

export function checkOneOf<Value extends string>(name: string, value: Value, allowed: readonly Value[]): Value {
  if (!allowed.includes(value))
    throw new TypeError(`${name} must be one of ${allowed.join(', ')}, got ${shown(value)}`);
  return value;
}

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new TypeError(`${name} must be true or false, got ${shown(value)}`);
  return value;
}

export function checkNumber(name: string, value: unknown, least: number, most: number): number {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, got ${shown(value)}`);
  if (!(value >= least && value <= most))
    throw new RangeError(`${name} must be from ${least} to ${most}, got ${value}`);
  return value;
}

/** `Infinity` is a valid count: no limit. */
export function checkCount(name: string, value: unknown): number {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, got ${shown(value)}`);
  if (value !== Infinity && !(Number.isSafeInteger(value) && value >= 1)) {
    throw new RangeError(`${name} must be a whole number from 1, or Infinity, got ${value}`);
  }
  return value;
}

export function checkOptionalRecord<Value extends object>(name: string, value: Value | undefined): Value | undefined {
  if (value !== undefined && !isRecord(value)) throw new TypeError(`${name} must be an object, got ${shown(value)}`);
  return value;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
