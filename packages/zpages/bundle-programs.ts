import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const textOf = (path: string) => readFileSync(fileOf(path), 'utf8');

/**
 * Makes one text of the program of the server, with the page in it, from their sources. The result is for the option
 * `define` of tsup, vitest and esbuild: each puts the text in the place of the name ZPAGES_SERVER. So the server needs
 * no file of its own, neither where the package is built nor where it runs, and works in a bundle.
 */
export function zpagesServer(): { readonly ZPAGES_SERVER: string } {
  const page = {
    html: textOf('src/page/page.html').replaceAll('\n', ''),
    style: bundled('src/page/page.css', {}),
    script: bundled('src/page/main.ts', { platform: 'browser', format: 'iife', target: 'es2022' }),
  };
  const server = bundled('src/server/main.ts', {
    platform: 'node',
    format: 'cjs',
    target: 'node22.15',
    define: { ZPAGES_PAGE: JSON.stringify(page) },
  });
  return { ZPAGES_SERVER: JSON.stringify(server) };
}

function bundled(entry: string, options: Parameters<typeof buildSync>[0]): string {
  const { outputFiles } = buildSync({
    ...options,
    entryPoints: [fileOf(entry)],
    bundle: true,
    write: false,
    minify: true,
    // Its paths lead to the sources of our packages, so nothing needs to be built before.
    tsconfig: fileOf('../../tsconfig.json'),
  });
  return (outputFiles?.[0]?.text ?? '').trim();
}
