/**
 * Checks of options. Each returns the value, or throws an error that names the option, the expectation and the value.
 */

/** @throws TypeError or RangeError unless the value is a whole number of at least 1 */
export function wholeFrom1(field: string, value: number): number {
  if (!Number.isSafeInteger(number(field, value)) || value < 1) fail(field, 'a whole number of at least 1', value);
  return value;
}

/** @throws RangeError unless the value is a whole number from 0 */
export function wholeFrom0(field: string, value: number): number {
  if (!(Number.isSafeInteger(value) && value >= 0)) fail(field, 'a whole number from 0', value);
  return value;
}

/** @throws TypeError or RangeError unless the value is between 0 and 1 */
export function share(field: string, value: number): number {
  if (!(number(field, value) >= 0 && value <= 1)) fail(field, 'between 0 and 1', value);
  return value;
}

/** @throws TypeError or RangeError unless the value is at least 0; `Infinity` passes */
export function from0(field: string, value: number): number {
  if (!(number(field, value) >= 0)) fail(field, 'at least 0', value);
  return value;
}

/** @throws TypeError or RangeError unless the value is finite and at least 0 */
export function finiteFrom0(field: string, value: number): number {
  if (!(number(field, value) >= 0 && value < Infinity)) fail(field, 'a finite number of at least 0', value);
  return value;
}

/** @throws TypeError or RangeError unless the value is finite and at least 1 */
export function finiteFrom1(field: string, value: number): number {
  if (!(number(field, value) >= 1 && value < Infinity)) fail(field, 'a finite number of at least 1', value);
  return value;
}

/** @throws TypeError or RangeError unless the value is above 0; `Infinity` passes */
export function above0(field: string, value: number): number {
  if (!(number(field, value) > 0)) fail(field, 'above 0', value);
  return value;
}

/** @throws RangeError when a value that was given exceeds its bound */
export function notAbove(field: string, value: number, boundField: string, bound: number): void {
  if (value > bound) throw new RangeError(`${field} (${value}) must not be above ${boundField} (${bound})`);
}

function number(field: string, value: unknown): number {
  if (typeof value !== 'number') throw new TypeError(`${field} must be a number, got ${typeof value} ${String(value)}`);
  return value;
}

function fail(field: string, expectation: string, value: number): never {
  throw new RangeError(`${field} must be ${expectation}, got ${value}`);
}
