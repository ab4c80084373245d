import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MANIFEST = fileURLToPath(new URL('../manifest.yaml', import.meta.url));
const manifest = readFileSync(MANIFEST, 'utf8');

/** Contains one folder for each manifest and platform, so that a clean checkout finds them again. */
const CACHE = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'spillway', 'otelcol');

const HASH_DIGITS = 16;
const hash = createHash('sha256').update(manifest).digest('hex').slice(0, HASH_DIGITS);
const name = process.platform === 'win32' ? 'otelcol.exe' : 'otelcol';

/** The path of this manifest's Collector, whether or not it is built. */
export const COLLECTOR_BINARY = join(CACHE, `${hash}-${process.platform}-${process.arch}`, name);

export function isCollectorBuilt(): boolean {
  return existsSync(COLLECTOR_BINARY);
}

export function hasGo(): boolean {
  return spawnSync('go', ['version']).status === 0;
}

/**
 * Builds the Collector with its own builder, in the version that the manifest names, from the Go module proxy. Takes
 * minutes.
 * @throws Error if Go is missing or its build fails; the output is on standard error
 */
export function buildCollector(): void {
  const [, version] = /^ {2}version: (\S+)$/m.exec(manifest) ?? [];
  mkdirSync(CACHE, { recursive: true });
  // Built in another folder and then moved, so that two concurrent runs never see half a Collector.
  const aside = mkdtempSync(join(CACHE, 'making-'));
  try {
    copyFileSync(MANIFEST, join(aside, 'manifest.yaml'));
    execFileSync('go', ['run', `go.opentelemetry.io/collector/cmd/builder@v${version}`, '--config', 'manifest.yaml'], {
      cwd: aside,
      // The cache may be inside a repository, whose state is irrelevant here.
      env: { ...process.env, GOFLAGS: `${process.env['GOFLAGS'] ?? ''} -buildvcs=false` },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    mkdirSync(dirname(COLLECTOR_BINARY), { recursive: true });
    renameSync(join(aside, 'build', name), COLLECTOR_BINARY);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}
