/**
 * What became of a text: a value, what is wrong with it, or both, where a part of it is usable
 * (a list of headers with one bad entry).
 */
export interface Parsed<T> {
  readonly value?: T;
  /** Continues the sentence `NAME="value" is ignored: ...`, or `NAME: ...` where there is also a value. */
  readonly problem?: string;
}

/** One kind of value that a variable may hold. Parsing never throws. */
export interface ValueType<T> {
  /** As a table shows it: `integer`, `timeout (ms)`. */
  readonly name: string;

  /** @param text without white space around it, and never empty */
  parse(text: string): Parsed<T>;

  /** Whether a text may hold a secret, and so must not appear in a warning. Never, where this is absent. */
  mayHoldSecret?(text: string): boolean;
}

/** Any text, taken as it stands. */
export const text: ValueType<string> = {
  name: 'string',
  parse: (value) => ({ value }),
};
