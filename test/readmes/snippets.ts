import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const DOCUMENTS = ['README.md', 'packages/*/README.md', 'examples/README.md', 'examples/*/README.md', 'docs/*.md'];

/** A block of code that a reader may copy. */
export interface Snippet {
  /** The document, the heading above the block, and a number if the heading has several blocks of this language. */
  readonly name: string;
  readonly document: string;
  readonly language: 'ts' | 'sh';
  /** Line number of the first line of the code in the document, from 1. */
  readonly line: number;
  readonly code: string;
}

/** All blocks marked as `ts` or `sh`. Blocks without a language show the output of a program. */
export function allSnippets(): readonly Snippet[] {
  return globSync(DOCUMENTS, { cwd: root })
    .toSorted()
    .flatMap((path) => snippetsOf(path.replaceAll('\\', '/')));
}

function snippetsOf(document: string): Snippet[] {
  const text = readFileSync(join(root, document), 'utf8').replaceAll('\r\n', '\n');
  const seen = new Map<string, number>();
  return [...text.matchAll(/^```(ts|sh)\n([^]*?)^```$/gm)].map(({ 1: language, 2: code = '', index }) => {
    const above = text.slice(0, index);
    const heading =
      above
        .replaceAll(/^```[^]*?^```$/gm, '')
        .match(/^#+ .*$/gm)
        ?.at(-1)
        ?.replace(/^#+ /, '') ?? '';
    const place = `${document}, ${heading}, ${language}`;
    const number = (seen.get(place) ?? 0) + 1;
    seen.set(place, number);
    const name = number === 1 ? place : `${place} ${number}`;
    return { name, document, language: language as Snippet['language'], line: above.split('\n').length + 1, code };
  });
}
