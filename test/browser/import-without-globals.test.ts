import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const PACKAGES = ['backpressure', 'config', 'sampling', 'otlp', 'pipeline', 'trace', 'logs', 'node'];

/** Globals that some platform lacks. `process` is not in the list, because Node's own loader needs it. */
const GLOBALS = [
  ...[
    'TextEncoder',
    'TextDecoder',
    'Buffer',
    'URL',
    'URLSearchParams',
    'AbortController',
    'AbortSignal',
    'Blob',
    'CompressionStream',
    'ReadableStream',
  ],
  ...[
    'performance',
    'setImmediate',
    'clearImmediate',
    'queueMicrotask',
    'MessageChannel',
    'WeakRef',
    'FinalizationRegistry',
    'structuredClone',
  ],
  ...[
    'fetch',
    'Headers',
    'Request',
    'Response',
    'navigator',
    'crypto',
    'btoa',
    'setTimeout',
    'clearTimeout',
    'setInterval',
    'clearInterval',
  ],
];

function importWithout(names: readonly string[], load: string): Promise<string> {
  // Node's own http module needs Buffer while it loads.
  const program = `await import('node:http'); for (const name of ${JSON.stringify(names)}) delete globalThis[name]; ${load}`;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--input-type=module', '--eval', program],
      { cwd: fileURLToPath(new URL('.', import.meta.url)) },
      (_, stdout, stderr) => resolve((stdout + stderr).trim()),
    );
  });
}

const specifiers = PACKAGES.map((name) => new URL(`../../packages/${name}/dist/index`, import.meta.url).href);

describe.concurrent.each([
  ['import', specifiers.map((href) => `await import(${JSON.stringify(`${href}.js`)});`).join(' ')],
  [
    'require',
    `const require = (await import('node:module')).createRequire(import.meta.url); ${specifiers.map((href) => `require(${JSON.stringify(fileURLToPath(`${href}.cjs`))});`).join(' ')}`,
  ],
])('all built packages, loaded by %s,', (_, load) => {
  it('load without any global of the platform', async () => {
    expect(await importWithout(GLOBALS, `${load} process.stdout.write('loaded');`)).toBe('loaded');
  });
});
