import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

declare const SHIPPING_PROGRAM: string;

/** Windows allows 32 767 characters in a command line, and puts a backslash before each of these quotation marks. The rest is for the path of the executable and flags. */
const MOST_CHARACTERS = 24_000;

/** Modules of Node that take longer to load than the program has to spare, for a request that needs none of them. */
const NOT_LOADED = /^NativeModule (https|tls|_tls_wrap|crypto|zlib|perf_hooks|internal\/deps\/undici\/undici)$/;

it('the program that ships fits into a command line', () => {
  expect(SHIPPING_PROGRAM.replaceAll('"', String.raw`\"`).length).toBeLessThan(MOST_CHARACTERS);
});

it('the program that ships loads no TLS, no compression and no performance module at its start', () => {
  const tell =
    'process.kill = () => { process.stderr.write(JSON.stringify(process.moduleLoadList)); process.exit(); };';
  const { stdout, stderr } = spawnSync(process.execPath, ['--eval', `${tell}${SHIPPING_PROGRAM}`], {
    input: '',
    encoding: 'utf8',
  });
  expect(stdout.slice(0, 5)).toBe('ready');
  const loaded = JSON.parse(stderr) as readonly string[];
  expect(loaded).toContain('NativeModule http');
  expect(loaded.filter((name) => NOT_LOADED.test(name))).toEqual([]);
});
