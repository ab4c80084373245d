// Adds optional packages of other platforms to package-lock.json that are missing because a registry did not answer
// when the lock was written. Without them, `npm ci` refuses the lock: "Missing: @rollup/rollup-darwin-arm64@... from
// lock file". Run it after every change of dependencies.
//
//   node scripts/complete-lock.mjs [--check] [file]
//
// --check writes nothing, lists missing entries, and fails if there are any.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

// Parts of package names such as `@esbuild/linux-x64` or `@oxlint/binding-linux-arm64-musl`, and npm's word for each.
const OS_BY_WORD = new Map([
  ['aix', 'aix'],
  ['android', 'android'],
  ['darwin', 'darwin'],
  ['freebsd', 'freebsd'],
  ['linux', 'linux'],
  ['macos', 'darwin'],
  ['netbsd', 'netbsd'],
  ['openbsd', 'openbsd'],
  ['openharmony', 'openharmony'],
  ['sunos', 'sunos'],
  ['win', 'win32'],
  ['win32', 'win32'],
  ['windows', 'win32'],
]);
const CPU_BY_WORD = new Map([
  ['64', 'x64'],
  ['aarch64', 'arm64'],
  ['arm', 'arm'],
  ['arm64', 'arm64'],
  ['ia32', 'ia32'],
  ['loong64', 'loong64'],
  ['loongarch64', 'loong64'],
  ['mips64el', 'mips64el'],
  ['ppc64', 'ppc64'],
  ['riscv64', 'riscv64'],
  ['s390x', 's390x'],
  ['x64', 'x64'],
]);
const EXACT_VERSION = /^\d+\.\d+\.\d+[^ |]*$/;

const { values: flags, positionals } = parseArgs({ options: { check: { type: 'boolean' } }, allowPositionals: true });
const file = positionals[0] ?? 'package-lock.json';
const lock = JSON.parse(readFileSync(file, 'utf8'));
const gaps = findGaps(lock.packages);
for (const problem of gaps.problems) console.error(`complete-lock: ${problem}`);
if (gaps.problems.length > 0) process.exitCode = 1;
if (flags.check === true) report(gaps.missing);
else add(gaps.missing);

function report(entries) {
  for (const path of entries.keys()) console.error(`complete-lock: missing ${path}`);
  console.log(
    `complete-lock: ${entries.size} entries missing${entries.size > 0 ? ', run `npm run lock:complete`' : ''}`,
  );
  if (entries.size > 0) process.exitCode = 1;
}

function add(entries) {
  if (entries.size > 0) {
    // This is npm's own order, so that its next write changes nothing.
    const packages = [...Object.entries(lock.packages), ...entries].toSorted(([a], [b]) => a.localeCompare(b, 'en'));
    writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2)}\n`);
  }
  console.log(`complete-lock: ${entries.size} entries added`);
}

/** The entries to add, by their path, and the problems with names that do not say enough. */
function findGaps(packages) {
  const missing = new Map();
  const problems = [];
  for (const [dependent, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const path = pathToAdd(packages, missing, dependent, name, version);
      if (path === undefined) continue;
      const platform = platformOf(name);
      if (!EXACT_VERSION.test(version))
        problems.push(`${name}@${version}, wanted by ${dependent}, is not an exact version`);
      else if (platform === undefined) problems.push(`${name}, wanted by ${dependent}, does not name a platform`);
      else missing.set(path, entryOf(version, platform, dev));
    }
  }
  return { missing, problems };
}

/**
 * The path at which an optional dependency must be added; undefined if Node's search, upwards from the dependent, finds
 * it. It is added at the top, or below the dependent if the search finds another version on its way.
 */
function pathToAdd(packages, added, dependent, name, version) {
  for (let folder = dependent; ; folder = parentOf(folder)) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    const found = packages[path] ?? added.get(path);
    if (found !== undefined) {
      const fits = !EXACT_VERSION.test(version) || found.version === version;
      return fits ? undefined : `${dependent}/node_modules/${name}`;
    }
    if (folder === '') return path;
  }
}

/** The parent of `a/node_modules/b` is `a`. The parent of a workspace or of a package at the top is the root, ''. */
function parentOf(folder) {
  return folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0));
}

function platformOf(name) {
  const words = name.split('/').pop().split('-');
  const os = words.map((word) => OS_BY_WORD.get(word)).find(Boolean);
  if (os === undefined) return undefined;
  const cpu = words.map((word) => CPU_BY_WORD.get(word)).find(Boolean);
  const isGlibc = os === 'linux' && words.some((word) => word.startsWith('gnu'));
  const libc = words.some((word) => word.startsWith('musl')) ? 'musl' : isGlibc ? 'glibc' : undefined;
  return { os, cpu, libc };
}

/** An entry with its properties in npm's order. */
function entryOf(version, { os, cpu, libc }, dev) {
  return {
    version,
    ...(cpu !== undefined && { cpu: [cpu] }),
    ...(dev === true && { dev }),
    ...(libc !== undefined && { libc: [libc] }),
    optional: true,
    os: [os],
  };
}
