// `npm run packed`: packs every package into the folder "packed", as npm would publish it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';

const FOLDER = 'packed';

// An older version must not be installed beside the new one.
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER);
const packages = readdirSync('packages').map((name) => `./packages/${name}`);
execFileSync('npm', ['pack', '--silent', '--pack-destination', FOLDER, ...packages], {
  stdio: 'inherit',
  // npm is a script of the shell on Windows.
  shell: process.platform === 'win32',
});
