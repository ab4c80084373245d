import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Outside of the repository, because nothing of upstream's may be copied into it. */
export const CACHE = join(tmpdir(), 'spillway-upstream');

/** The tag whose tests the lists in docs/differences.md are about. */
export const TAG = 'v2.10.0';

const REPOSITORY = 'https://github.com/open-telemetry/opentelemetry-js';

/** The tools that upstream's tests need, in the versions of upstream's `package.json`. */
const TOOLS = ['mocha@11.7.6', 'sinon@18.0.1'];

/**
 * Upstream's sources.
 * @param given a checkout, which is used as it is, or a repository to clone from
 */
export async function upstreamCheckout(given: string | undefined): Promise<string> {
  if (given !== undefined && existsSync(join(given, 'packages/sdk-trace'))) return given;
  return made(`opentelemetry-js-${TAG}`, (folder) =>
    run('git', [
      '-c',
      'advice.detachedHead=false',
      'clone',
      '--quiet',
      '--depth',
      '1',
      '--branch',
      TAG,
      given ?? REPOSITORY,
      folder,
    ]),
  );
}

/** A folder where Mocha and Sinon are installed. */
export async function installedTools(): Promise<string> {
  return made(`tools-${TOOLS.join('-')}`, (folder) =>
    run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts', ...TOOLS]),
  );
}

/** Made under another name and then moved, so that an interrupted run leaves nothing that looks complete. */
async function made(name: string, make: (folder: string) => Promise<unknown>): Promise<string> {
  const folder = join(CACHE, name);
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const aside = await mkdtemp(`${folder}-making-`);
  await make(aside);
  await rename(aside, folder).catch(() => rm(aside, { recursive: true }));
  return folder;
}
