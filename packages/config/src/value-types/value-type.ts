/**
 * The result of parsing a text: a value, a problem, or both if only a part of the text is usable
 * (a list of headers with one bad entry).
 */
export interface Parsed<T> {
  readonly value?: T;
  /** Continues the sentence `NAME="value" is ignored: ...`, or `NAME: ...` if there is also a value. */
  readonly problem?: string;
}

/** One kind of value that a variable may hold. Parsing never throws. */
export interface ValueType<T> {
  /** As a table shows it: `integer`, `timeout (ms)`. */
  readonly name: string;

  /** @param text without white space around it, and never empty */
  parse(text: string): Parsed<T>;

  /** Whether a text may hold a secret, and so must not appear in a warning. If absent, no text may. */
  mayHoldSecret?(text: string): boolean;
}

/** Any text, unchanged. */
export const text: ValueType<string> = {
  name: 'string',
  parse: (value) => ({ value }),
};
