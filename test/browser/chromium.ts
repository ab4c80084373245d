import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Where distributions put it. */
const INSTALLED = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** A browser, or why there is none. */
export type StartedChromium =
  | { readonly browser: Browser; readonly problem?: undefined }
  | { readonly browser?: undefined; readonly problem: string };

/**
 * Starts a browser: the one that the variable CHROMIUM names, one that is installed, or on Linux x64 the one of the
 * package `@sparticuz/chromium`.
 */
export async function startChromium(): Promise<StartedChromium> {
  const executablePath = await found();
  if (executablePath === undefined) return { problem: 'no Chromium is installed; the variable CHROMIUM may name one' };
  try {
    // Containers and root have no sandbox of their own, and only our own page is opened.
    return { browser: await chromium.launch({ executablePath, args: ['--no-sandbox'] }) };
  } catch (error) {
    return { problem: `${executablePath} does not start: ${String(error).split('\n', 1)[0]}` };
  }
}

async function found(): Promise<string | undefined> {
  const named = process.env['CHROMIUM'] ?? INSTALLED.find((path) => existsSync(path));
  if (named !== undefined) return named;
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const { default: packaged } = await import('@sparticuz/chromium');
  return packaged.executablePath();
}
