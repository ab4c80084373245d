// Makes `npm test`, `npm run demo` and `npm run bench` work straight after a clone: installs what the lock file says
// when it is not installed yet, then checks the Node that runs the scripts after this one.
//
// This file itself has to run where nothing is installed: no dependencies, Node 18 or newer, any platform.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The first 22.x that runs TypeScript files as they are. What is built runs on 22.15. */
const NEEDED_NODE = '22.18.0';

const root = fileURLToPath(new URL('..', import.meta.url));
const onWindows = process.platform === 'win32';

installWhenLockChanged();
refuseOldNode();

/** `npm ci` empties `node_modules` before it fills it, so an interrupted one leaves no stamp behind and runs again. */
function installWhenLockChanged() {
  const stampFile = join(root, 'node_modules', '.bootstrap');
  const wanted = installationId();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return;

  console.log('bootstrap: installing what package-lock.json says (npm ci) ...');
  const start = Date.now();
  const { status, error } = runNpm(['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  if (status !== 0) fail(`npm ci failed${error === undefined ? '' : `: ${error.message}`}`, status ?? 1);
  writeFileSync(stampFile, wanted);
  console.log(`bootstrap: installed in ${((Date.now() - start) / 1000).toFixed(1)} s`);
}

/** Binaries differ by platform, and a folder may be shared between two of them (a container, a mounted disk). */
function installationId() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform} ${process.arch}\n`;
}

function runNpm(args) {
  const options = { cwd: root, stdio: 'inherit' };
  // Set by whichever package manager runs the script; only npm's own is of use here.
  const npmScript = process.env.npm_execpath;
  if (npmScript !== undefined && basename(npmScript) === 'npm-cli.js') {
    return spawnSync(process.execPath, [npmScript, ...args], options);
  }
  // npm is a .cmd file on Windows, which only a shell can start. The arguments are constants and need no quotes.
  return spawnSync('npm', args, { ...options, shell: onWindows });
}

/**
 * npm puts `node_modules/.bin` first in the PATH of its scripts, so a `node` that was installed there (see
 * `optionalDependencies` in package.json) is the one that counts, whatever runs this file.
 */
function refuseOldNode() {
  const installed = join(root, 'node_modules', '.bin', 'node');
  const version = existsSync(installed) && !onWindows ? versionOf(installed) : process.version;
  if (isAtLeast(version, NEEDED_NODE)) return;
  fail(
    `this repository is built and tested with Node ${NEEDED_NODE} or newer, and this is ${version}.\n` +
      'On Linux x64 a newer one comes with the dependencies, unless npm was told to leave out the optional ones.\n' +
      'Elsewhere install it from https://nodejs.org, or with your version manager.',
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
