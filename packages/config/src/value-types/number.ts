import type { Parsed, ValueType } from './value-type.ts';

/** Both ends belong to the range. */
export interface NumberRange {
  readonly min: number;
  readonly max: number;
}

/**
 * The largest integer that the specification asks an SDK to support. A time of as many milliseconds is also the longest
 * delay of a timer (`LONGEST_DELAY_MS` of the package `backpressure`).
 * https://github.com/open-telemetry/opentelemetry-specification/blob/v1.60.0/specification/configuration/common.md#integer
 */
export const MAX_INT32 = 2 ** 31 - 1;

// Decimal digits only. `Number()` would also take '0x10', '1e3' and 'Infinity', which are mistakes in a variable.
const WHOLE = /^[+-]?\d+$/;
// Each digit can match in one place only, so the cost of a long text that is not a number is linear.
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)$/;

/** A whole number in a range. @param name for warnings and tables */
/* @__NO_SIDE_EFFECTS__ */
export function integer({ min, max }: NumberRange, name = 'integer'): ValueType<number> {
  const problem = `expected a whole number from ${min} to ${max}`;
  return { name, parse: (text) => parseNumber(text, WHOLE, { min, max }, problem) };
}

/** A number in a range, written with digits and a point. */
/* @__NO_SIDE_EFFECTS__ */
export function decimal({ min, max }: NumberRange): ValueType<number> {
  const problem = `expected a number from ${min} to ${max}`;
  return { name: `number ${min}-${max}`, parse: (text) => parseNumber(text, DECIMAL, { min, max }, problem) };
}

/** A share of a whole, from 0 to 1. */
export const ratio: ValueType<number> = decimal({ min: 0, max: 1 });

function parseNumber(text: string, form: RegExp, { min, max }: NumberRange, problem: string): Parsed<number> {
  if (!form.test(text)) return { problem };
  const value = Number(text);
  // '-0' becomes 0, because a negative zero prints differently and is not the same value for Object.is.
  return value >= min && value <= max ? { value: value === 0 ? 0 : value } : { problem };
}
