import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { installed } from './install.ts';

/** npm asks its registry the first time. */
const INSTALL_MILLIS = 120_000;

interface Exports {
  readonly [path: string]: string | { readonly require?: { readonly default: string } };
}

const run = promisify(execFile);
let packages: string;

beforeAll(async () => {
  packages = join(await installed('otel3'), 'node_modules', '@spillway');
}, INSTALL_MILLIS);

/** Every CommonJS file that a package exports, with the entry that an ES module would import instead. */
async function entries(): Promise<readonly { readonly specifier: string; readonly file: string }[]> {
  const found = [];
  for (const name of await readdir(packages)) {
    const manifest = JSON.parse(await readFile(join(packages, name, 'package.json'), 'utf8')) as {
      readonly exports: Exports;
    };
    for (const [path, target] of Object.entries(manifest.exports)) {
      if (typeof target === 'string' || target.require === undefined || path === './register') continue;
      found.push({ specifier: `@spillway/${join(name, path)}`, file: join(packages, name, target.require.default) });
    }
  }
  return found;
}

describe('an ES module that imports the CommonJS file of a package', () => {
  it('finds each name that the ES module of the package exports', async () => {
    const all = await entries();
    expect(all.length).toBeGreaterThan(8);
    for (const { specifier, file } of all) {
      const code = `const [esm, cjs] = [await import('${specifier}'), await import('${file}')];
        const names = Object.keys(esm);
        console.log(JSON.stringify({ count: names.length, missing: names.filter((name) => !(name in cjs)) }));`;
      const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], { cwd: packages });
      expect({ specifier, ...JSON.parse(stdout) }).toEqual({ specifier, count: expect.any(Number), missing: [] });
    }
  });
});
