import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));

/** Node's modules that only an exporter at work needs, and that take long to load. */
const OF_EXPORTERS = ['_http_client', 'crypto', 'dns', 'http', 'http2', 'https', 'net', 'stream', 'tls', 'zlib'];
/** What an import of `node:http` by an ES module loads as well. */
const FETCH = 'internal/deps/undici/undici';

/** The modules of Node that importing a package loads. */
async function modulesLoadedBy(name: string, inputType: string): Promise<string[]> {
  const load = inputType === 'module' ? `await import('${name}')` : `require('${name}')`;
  const program = `const before = new Set(process.moduleLoadList); ${load};
    console.log(JSON.stringify(process.moduleLoadList.filter((entry) => !before.has(entry))));`;
  const { stdout } = await run(process.execPath, [`--input-type=${inputType}`, '--eval', program], { cwd: here });
  return (JSON.parse(stdout) as string[]).map((entry) => entry.replace(/^NativeModule /, ''));
}

describe.each(['commonjs', 'module'])('importing from %s', (inputType) => {
  it.each(['@spillway/trace', '@spillway/logs', '@spillway/metrics'])(
    'the built %s loads no module of Node for connections, TLS or compression',
    async (name) => {
      const loaded = await modulesLoadedBy(name, inputType);
      expect(loaded.filter((module) => [...OF_EXPORTERS, FETCH].includes(module))).toEqual([]);
    },
  );
});

it('the modules would be recognised', async () => {
  expect(await modulesLoadedBy('node:https', 'commonjs')).toEqual(
    expect.arrayContaining(['https', '_http_client', 'tls', 'net']),
  );
});
