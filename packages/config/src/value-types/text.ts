import type { ValueType } from './value-type.ts';

/** Any text, unchanged. */
export const text: ValueType<string> = {
  name: 'string',
  parse: (value) => ({ value }),
};
