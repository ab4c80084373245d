import type { ValueType } from './value-type.ts';

/**
 * Words between commas, all of the same type. A bad word is left out and the others count. A word given twice counts
 * once.
 * @param item how each word is read
 */
/* @__NO_SIDE_EFFECTS__ */
export function listOf<T>(item: ValueType<T>): ValueType<readonly T[]> {
  return {
    name: `list of ${item.name}`,
    parse(text) {
      const found = new Set<T>();
      const problems: string[] = [];
      for (const word of text.split(',').map((part) => part.trim())) {
        if (word === '') continue;
        const { value, problem } = item.parse(word);
        if (value !== undefined) found.add(value);
        if (problem !== undefined) problems.push(`${JSON.stringify(word.slice(0, 50))} is left out (${problem})`);
      }
      return {
        ...(found.size > 0 && { value: [...found] }),
        ...(problems.length > 0 && { problem: problems.join('; ') }),
        ...(found.size === 0 && problems.length === 0 && { problem: `expected ${item.name}` }),
      };
    },
  };
}
