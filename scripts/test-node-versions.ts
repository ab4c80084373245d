// `npm run test:nodes`: tests the installed packages on other releases of Node: the oldest that they support, the
// newest of that line, and the newest of all.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { installedNodes } from '../test/compat/install.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const VITEST = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const TESTS = ['zero-code', 'instrumentations', 'loaders', 'ways-to-end'];

for (const [name, node] of Object.entries(await installedNodes())) {
  console.log(`${name}: ${spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()}`);
  const { status } = spawnSync(process.execPath, [VITEST, 'run', '--root', 'test/compat', ...TESTS], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, COMPAT_NODE: node },
  });
  if (status !== 0) process.exitCode = 1;
}
