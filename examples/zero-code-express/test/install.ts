import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Installs the example's dependencies, as its README says, unless they are installed already. */
export async function installExample(folder: URL): Promise<void> {
  // `npm ci` empties the folder first, so an interrupted installation leaves no stamp.
  const stamp = new URL('node_modules/.installed', folder);
  const wanted = createHash('sha256')
    .update(await readFile(new URL('package-lock.json', folder)))
    .digest('hex');
  const present = await readFile(stamp, 'utf8').catch(() => '');
  if (present === wanted) return;
  await promisify(execFile)('npm', ['ci', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'], {
    cwd: folder,
  });
  await writeFile(stamp, wanted);
}
