import type { ValueType } from './value-type.ts';

/**
 * One of a few words, in upper or lower case.
 * @param values the value that each word stands for; the keys must be in lower case
 */
/* @__NO_SIDE_EFFECTS__ */
export function oneOf<T>(values: Readonly<Record<string, T>>): ValueType<T> {
  const words = Object.keys(values);
  return {
    name: words.map((word) => `\`${word}\``).join(', '),
    parse(text) {
      const word = text.toLowerCase();
      const value = Object.hasOwn(values, word) ? values[word] : undefined;
      return value === undefined ? { problem: `expected ${words.join(', ')}` } : { value };
    },
  };
}

/** One of a few words that stand for themselves, in upper or lower case. @param words in lower case */
/* @__NO_SIDE_EFFECTS__ */
export function wordOf<T extends string>(words: readonly T[]): ValueType<T> {
  return oneOf<T>(Object.fromEntries(words.map((word) => [word, word])));
}
