import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Where distributions put it. */
const INSTALLED = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/**
 * Starts a browser: the one that the variable CHROMIUM names, the one of the package `@sparticuz/chromium` on Linux
 * x64, or one that is installed.
 * @returns `undefined` if there is none
 */
export async function startChromium(): Promise<Browser | undefined> {
  const executablePath = await found();
  // Containers and root have no sandbox of their own, and only our own page is opened.
  return executablePath === undefined ? undefined : chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

async function found(): Promise<string | undefined> {
  const named = process.env['CHROMIUM'] ?? INSTALLED.find((path) => existsSync(path));
  if (named !== undefined) return named;
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const { default: packaged } = await import('@sparticuz/chromium');
  return packaged.executablePath();
}
