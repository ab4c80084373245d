/** Checks of arguments and options. Each throws an error that gives the name, the expectation and the value. */

/** @throws TypeError or RangeError unless the value is between the two bounds, both included */
export function between(field: string, value: number, least: number, most: number): number {
  if (!(number(field, value) >= least && value <= most)) fail(field, `between ${least} and ${most}`, value);
  return value;
}

/** @throws TypeError or RangeError unless the value is a whole number between the two bounds, both included */
export function wholeBetween(field: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(number(field, value)) || value < least || value > most) {
    fail(field, `a whole number between ${least} and ${most}`, value);
  }
  return value;
}

/** @throws RangeError when a value exceeds its bound */
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
