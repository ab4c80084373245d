import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { STARTER, startFrames } from '../../src/process-end/shipping-start.ts';

/** Windows allows 32 767 characters in a command line. Most of the rest is for the path of the executable. */
const MOST_CHARACTERS = 2_000;

/** Modules of Node that take longer to load than the program has to spare, for a request that needs none of them. */
const NOT_LOADED = /^NativeModule (https|tls|_tls_wrap|crypto|zlib|perf_hooks|internal\/deps\/undici\/undici)$/;

it('the program that ships is started by a text that fits into a command line', () => {
  expect(STARTER.replaceAll('"', String.raw`\"`).length).toBeLessThan(MOST_CHARACTERS);
});

it('the program that ships loads no TLS, no compression and no performance module at its start', () => {
  const tell =
    'process.kill = () => { process.stderr.write(JSON.stringify(process.moduleLoadList)); process.exit(); };';
  const { stdout, stderr } = spawnSync(process.execPath, ['--eval', `${tell}${STARTER}`], {
    // The input ends before the first request, as if the sender had been killed.
    input: Buffer.concat(startFrames({ deadline: Date.now() + 10_000, windowBytes: 1 })),
    encoding: 'utf8',
  });
  expect(stdout.slice(0, 5)).toBe('ready');
  const loaded = JSON.parse(stderr) as readonly string[];
  expect(loaded).toContain('NativeModule net');
  expect(loaded.filter((name) => NOT_LOADED.test(name))).toEqual([]);
});
