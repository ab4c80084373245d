/**
 * `npm run screenshot`: runs the demo for some minutes, opens the live page of Spillway's service in a browser, and
 * writes pictures of the outage to docs/images: light, dark, and as wide as a phone.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startChromium } from '../test/browser/chromium.ts';

const fileOf = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Of the load. In the first half minute, the curves would be too short to show much. */
const SECONDS = Number(process.argv[2] ?? 240);

const PICTURES = [
  { name: 'live-page-light', colorScheme: 'light', viewport: { width: 1_080, height: 900 } },
  { name: 'live-page-dark', colorScheme: 'dark', viewport: { width: 1_080, height: 900 } },
  { name: 'live-page-phone', colorScheme: 'light', viewport: { width: 390, height: 844 } },
] as const;

const { browser, problem } = await startChromium();
if (browser === undefined) throw new Error(problem);
const demo = spawn(process.execPath, [fileOf('examples/demo/src/main.ts'), '--page', '--seconds', String(SECONDS)], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  await takePictures(browser, await addressOfPage());
} finally {
  demo.kill('SIGINT');
  await browser.close();
}

async function addressOfPage(): Promise<string> {
  for await (const line of createInterface({ input: demo.stdout })) {
    const address = /live page of Spillway's service: (\S+)/.exec(line)?.[1];
    if (address === undefined) continue;
    demo.stdout.resume();
    return address;
  }
  throw new Error('the demo has no live page');
}

async function takePictures(browserOf: Exclude<typeof browser, undefined>, address: string): Promise<void> {
  const pages = await Promise.all(
    PICTURES.map(async ({ colorScheme, viewport }) => {
      const context = await browserOf.newContext({ colorScheme, viewport, deviceScaleFactor: 1.5 });
      const page = await context.newPage();
      await page.goto(address);
      return page;
    }),
  );
  const first = pages[0] as NonNullable<(typeof pages)[0]>;
  await first
    .getByText('Nothing gets through')
    .first()
    .waitFor({ timeout: SECONDS * 1_000 });
  // Until the curves show it too.
  await sleep(SECONDS * 80);
  for (const [index, { name }] of PICTURES.entries()) {
    const path = fileOf(`docs/images/${name}.png`);
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that all show nearly the same moment
    await pages[index]?.screenshot({ path });
    process.stdout.write(`${path}\n`);
  }
}
