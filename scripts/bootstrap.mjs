// Makes `npm test`, `npm run demo` and `npm run bench` work straight after a clone: it installs the packages of the
// lock file if they are not installed yet, and then checks the version of Node that runs the next scripts.
//
// This file itself must run before anything is installed: no dependencies, Node 18 or newer, any platform.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The first 22.x that runs TypeScript files directly. The built packages run on 22.15. */
const NEEDED_NODE = '22.18.0';

const root = fileURLToPath(new URL('..', import.meta.url));
const onWindows = process.platform === 'win32';

installWhenLockChanged();
refuseOldNode();

/** `npm ci` empties `node_modules` before filling it, so an interrupted run leaves no stamp and is repeated. */
function installWhenLockChanged() {
  const stampFile = join(root, 'node_modules', '.bootstrap');
  const wanted = installationId();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return;

  console.log('bootstrap: installing the packages of package-lock.json (npm ci) ...');
  const start = Date.now();
  const { status, error } = runNpm(['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  if (status !== 0) fail(`npm ci failed${error === undefined ? '' : `: ${error.message}`}`, status ?? 1);
  writeFileSync(stampFile, wanted);
  console.log(`bootstrap: installed in ${((Date.now() - start) / 1000).toFixed(1)} s`);
}

/** Binaries differ by platform, and two platforms may share a folder (a container, a mounted disk). */
function installationId() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform} ${process.arch}\n`;
}

function runNpm(args) {
  const options = { cwd: root, stdio: 'inherit' };
  // Any package manager that runs the script sets this variable; only npm's value is useful here.
  const npmScript = process.env.npm_execpath;
  if (npmScript !== undefined && basename(npmScript) === 'npm-cli.js') {
    return spawnSync(process.execPath, [npmScript, ...args], options);
  }
  // npm is a .cmd file on Windows, which only a shell can start. The arguments are constants and need no quotes.
  return spawnSync('npm', args, { ...options, shell: onWindows });
}

/**
 * npm puts `node_modules/.bin` first in the PATH of its scripts. So a `node` that is installed there (see
 * `optionalDependencies` in package.json) runs the scripts, whatever runs this file.
 */
function refuseOldNode() {
  const installed = join(root, 'node_modules', '.bin', 'node');
  const version = existsSync(installed) && !onWindows ? versionOf(installed) : process.version;
  if (isAtLeast(version, NEEDED_NODE)) return;
  fail(
    `this repository is built and tested with Node ${NEEDED_NODE} or newer, but this is ${version}.\n` +
      'On Linux x64, a newer Node comes with the dependencies, unless npm was told to omit optional ones.\n' +
      'On other platforms, install it from https://nodejs.org or with your version manager.',
  );
}

function versionOf(node) {
  const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  return stdout?.trim() || `a ${node} that does not start`;
}

function isAtLeast(version, needed) {
  const [major = 0, minor = 0] = (/\d+\.\d+/.exec(version)?.[0] ?? '0.0').split('.').map(Number);
  const [neededMajor = 0, neededMinor = 0] = needed.split('.').map(Number);
  return major > neededMajor || (major === neededMajor && minor >= neededMinor);
}

function fail(message, code = 1) {
  console.error(`bootstrap: ${message}`);
  process.exit(code);
}
