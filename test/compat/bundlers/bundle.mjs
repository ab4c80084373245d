// Puts an application and its packages into one file: node bundle.mjs BUNDLER ENTRY FOLDER. Prints the path of the file.
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import commonjs from '@rollup/plugin-commonjs';
import json from '@rollup/plugin-json';
import nodeResolve from '@rollup/plugin-node-resolve';
import * as esbuild from 'esbuild';
import { rollup } from 'rollup';
import webpack from 'webpack';

const [bundler, entry, folder] = process.argv.slice(2);
const file = (name) => join(folder, name);

/** What everybody puts before a bundle of ES modules that has CommonJS in it. */
const REQUIRE = "import { createRequire } from 'module'; const require = createRequire(import.meta.url);";

const BUNDLERS = {
  async 'esbuild to CommonJS'() {
    await esbuild.build({ ...FOR_NODE, outfile: file('app.cjs'), format: 'cjs', minify: true });
    return file('app.cjs');
  },
  async 'esbuild to an ES module'() {
    await esbuild.build({ ...FOR_NODE, outfile: file('app.mjs'), format: 'esm', banner: { js: REQUIRE } });
    return file('app.mjs');
  },
  async webpack() {
    const compiler = webpack({
      mode: 'production',
      target: 'node',
      entry,
      output: { path: folder, filename: 'app.cjs' },
      plugins: [new webpack.optimize.LimitChunkCountPlugin({ maxChunks: 1 })],
    });
    await new Promise((resolve, reject) => {
      compiler.run((error, stats) => {
        if (error) reject(error);
        else if (stats.hasErrors()) reject(new Error(stats.toString({ all: false, errors: true })));
        else resolve();
      });
    });
    return file('app.cjs');
  },
  async rollup() {
    const plugins = [nodeResolve({ preferBuiltins: true, exportConditions: ['node'] }), commonjs(), json()];
    const bundle = await rollup({ input: entry, plugins, logLevel: 'silent' });
    await bundle.write({ file: file('app.mjs'), format: 'es', inlineDynamicImports: true });
    return file('app.mjs');
  },
  async ncc() {
    const ncc = createRequire(import.meta.url)('@vercel/ncc');
    const { code, assets } = await ncc(entry, { cache: false, quiet: true });
    for (const [name, { source }] of Object.entries(assets)) {
      await mkdir(dirname(file(name)), { recursive: true });
      await writeFile(file(name), source);
    }
    await writeFile(file('index.mjs'), code);
    return file('index.mjs');
  },
};

const FOR_NODE = { entryPoints: [entry], bundle: true, platform: 'node', logLevel: 'error' };

console.log(await BUNDLERS[bundler]());
