import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Whether a file of this repository has a place that is marked for a text. */
export function hasGeneratedSection(file: string, name: string): boolean {
  return readFileSync(pathOf(file), 'utf8').includes(`<!-- generated: ${name} -->\n`);
}

/**
 * Replaces the text between `<!-- generated: NAME -->` and `<!-- /generated -->`.
 * @param file path from the root of this repository
 * @param isDry if true, nothing is written
 * @returns whether the text differs from the old one
 * @throws Error if the file has no such place
 */
export function writeGeneratedSection(file: string, name: string, text: string, isDry = false): boolean {
  const path = pathOf(file);
  const old = readFileSync(path, 'utf8');
  const marked = new RegExp(`(<!-- generated: ${name} -->\n)[^]*?(<!-- /generated -->)`);
  if (!marked.test(old)) throw new Error(`${file} has no place marked for ${name}`);
  // The replacement is a function, because `$` has a special meaning in a replacement text.
  const current = old.replace(marked, (_, start: string, end: string) => `${start}${text}\n${end}`);
  if (current !== old && !isDry) writeFileSync(path, current);
  return current !== old;
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(`../${file}`, import.meta.url));
}
