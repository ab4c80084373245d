import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Puts a text in the place of what stands between `<!-- generated: NAME -->` and `<!-- /generated -->`.
 * @param file of this repository, from its root
 * @param isDry writes nothing
 * @returns whether it is another text than before
 * @throws Error where the file has no such place
 */
export function writeGeneratedSection(file: string, name: string, text: string, isDry = false): boolean {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  const old = readFileSync(path, 'utf8');
  const marked = new RegExp(`(<!-- generated: ${name} -->\n)[^]*?(<!-- /generated -->)`);
  if (!marked.test(old)) throw new Error(`${file} has no place marked for ${name}`);
  // A function, because `$` in a replacement text has a meaning.
  const current = old.replace(marked, (_, start: string, end: string) => `${start}${text}\n${end}`);
  if (current !== old && !isDry) writeFileSync(path, current);
  return current !== old;
}
