import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Options } from 'tsup';

const options: Options = {
  entry: { index: 'src/index.ts' },
  format: ['esm', 'cjs'],
  dts: true,
  sourcemap: true,
  clean: true,
  target: 'es2023',
  platform: 'neutral',
  treeshake: false,
  // tsup strips `node:` from imports by default, which Deno and Workers do not understand.
  removeNodeProtocol: false,
  esbuildOptions(esbuild, { format }) {
    // So that CommonJS files list their exports in a way that Node can read: `import { X } from './index.cjs'` works.
    if (format === 'cjs') esbuild.platform = 'node';
  },
  async onSuccess() {
    withoutPathsOfMachine('dist');
  },
};

/** The part of a source map that names files. */
interface SourceMapNames {
  readonly file?: string;
  readonly sources: readonly string[];
}

/**
 * Where tsup splits CommonJS, its source maps name the file that it split by the path on this machine. A published package
 * must not tell it, and two builds of the same sources must be the same.
 */
function withoutPathsOfMachine(folder: string): void {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.cjs.map'))) {
    const path = join(folder, name);
    const { file, sources, ...map } = JSON.parse(readFileSync(path, 'utf8')) as SourceMapNames;
    if (file === undefined) continue;
    const relative = sources.map((source) => (source === file ? basename(source) : source));
    writeFileSync(path, JSON.stringify({ ...map, file: basename(file), sources: relative }));
  }
}

export default options;
