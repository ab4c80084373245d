import type { ValueType } from './value-type.ts';

/** Any text, taken as it stands. */
export const text: ValueType<string> = {
  name: 'string',
  parse: (value) => ({ value }),
};
