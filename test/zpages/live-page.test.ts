import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Report } from '@spillway/zpages';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Collector, startCollector } from '../collector/src/index.ts';
import { expectLaw } from '../../packages/backpressure/test/accounting-law.ts';
import type { ApplicationCommand, ApplicationMessage } from './application-protocol.ts';
import { startChromium } from '../browser/chromium.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const PATIENCE_MILLIS = 15_000;

const { browser, problem } = await startChromium();
if (browser === undefined) console.log(`SKIPPED: the live page in a browser: ${problem}`);

describe.skipIf(browser === undefined)('the live page in a browser', () => {
  let collector: Collector;
  let application: Application;

  afterAll(() => browser?.close());
  beforeEach(async () => {
    collector = await startCollector({ decode: 'ids' });
    onTestFinished(() => collector.close());
    application = await Application.start(`${collector.url}/v1/traces?key=secret-of-the-query`);
    onTestFinished(() => application.end());
  });

  it('shows how the state changes as the collector is slowed, stopped and started again, and nothing is counted wrongly', async () => {
    const page = await opened(application.url);
    await seen(page, 'Nothing has come in yet.');
    application.tell({ kind: 'load', perSecond: 200 });
    await seen(page, /Everything has been sent\.|Sending\./);
    await expect.poll(() => figure(page, 'Out'), { timeout: PATIENCE_MILLIS }).toBeGreaterThan(100);

    collector.setFault({ kind: 'latency', millis: 1_000 });
    await state(page, /elevated|critical/);
    await seen(page, 'more comes in than the collector takes');
    await state(page, /blocked/);
    await seen(page, 'a second: more comes in than can be sent.');
    await seen(page, 'found the queue full');

    await collector.interrupt();
    await seen(page, 'Nothing gets through.');
    await seen(page, /next probe in/);
    await seen(page, /ECONNREFUSED/);
    await seen(page, /Nothing listens at 127\.0\.0\.1:\d+\. Start the collector/);

    application.tell({ kind: 'load', perSecond: 0 });
    await collector.heal();
    await state(page, /normal/);
    await seen(page, 'Everything has been sent.');

    const metrics = await application.metrics();
    expectLaw({ getMetrics: () => metrics });
    const { pipelines } = await application.report();
    expect(pipelines[0]?.metrics).toMatchObject({
      eventsOffered: metrics.eventsOffered,
      eventsFlushed: metrics.eventsFlushed,
    });
    const grouped = (value: number) => String(value).replace(/\B(?=(\d{3})+$)/g, '\u00a0');
    await seen(
      page,
      `${grouped(metrics.eventsOffered)} in, ${grouped(metrics.eventsFlushed)} out, ${grouped(metrics.eventsDropped)} lost`,
    );
  }, 90_000);

  it('says that the event loop is blocked, and for how long, and recovers', async () => {
    const page = await opened(application.url);
    application.tell({ kind: 'make', count: 7 });
    await seen(page, /7 in, 7 out/);
    application.tell({ kind: 'block', millis: 6_000 });
    await seen(page, /Event loop blocked for [1-5]\.\d\ss: the main thread does not answer\. The figures are from \d/);
    // Opened during the block.
    const second = await opened(application.url);
    await seen(second, /Event loop blocked for \d\.\d\ss/);
    await seen(second, /7 in, 7 out/);
    await page.locator('#alarm').waitFor({ state: 'hidden' });
    await second.locator('#alarm').waitFor({ state: 'hidden' });
  });

  it('says when the process has gone', async () => {
    const page = await opened(application.url);
    await seen(page, 'Live');
    application.end();
    await seen(page, /No connection to the process for \d/);
  });

  it('asks nothing of any other address, and breaks none of its own rules', async () => {
    const requests: string[] = [];
    const complaints: string[] = [];
    const page = await opened(application.url, {}, (blank) => {
      blank.on('request', (request) => requests.push(request.url()));
      blank.on('console', (message) => complaints.push(message.text()));
      blank.on('pageerror', (error) => complaints.push(error.message));
    });
    collector.setFault({ kind: 'status', code: 503 });
    application.tell({ kind: 'make', count: 500 });
    await seen(page, 'Last failures');
    expect(requests.length).toBeGreaterThan(1);
    for (const request of requests) expect(request).toMatch(new RegExp(`^(${application.url}|data:image/svg)`));
    expect(complaints).toEqual([]);
  });

  it('shows no header, no query and no attribute of an item', async () => {
    const page = await opened(application.url);
    collector.setFault({ kind: 'status', code: 503 });
    application.tell({ kind: 'make', count: 100 });
    await seen(page, 'Last failures');
    const shown = [await page.content(), JSON.stringify(await application.report()), await application.text()];
    for (const text of shown) {
      expect(text).toContain('/v1/traces');
      expect(text).not.toMatch(/secret-of-the|Zoë|form\.fields/);
    }
  });

  it.each<[string, BrowserContextOptions]>([
    ['in light colours', { colorScheme: 'light' }],
    ['in dark colours', { colorScheme: 'dark' }],
    ['on a phone', { viewport: { width: 390, height: 844 }, hasTouch: true }],
  ])('has no violation that axe finds, %s, whatever happens', async (_, options) => {
    const page = await opened(application.url, options);
    expect(await violations(page)).toEqual([]);
    collector.setFault({ kind: 'status', code: 503 });
    application.tell({ kind: 'make', count: 500 });
    await seen(page, 'Dropped');
    await seen(page, 'Last failures');
    expect(await violations(page)).toEqual([]);
    application.tell({ kind: 'block', millis: 3_000 });
    await seen(page, 'Event loop blocked');
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  });

  it('can be used without a mouse: the first key leads to the button that pauses it', async () => {
    const page = await opened(application.url);
    await seen(page, 'Live');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Pause');
    await page.keyboard.press('Enter');
    await seen(page, 'Paused');
    application.tell({ kind: 'make', count: 3 });
    await expect.poll(async () => (await application.report()).pipelines[0]?.metrics.eventsFlushed).toBe(3);
    expect(await page.getByText('0 in, 0 out').count()).toBe(1);
    await page.keyboard.press('Enter');
    await seen(page, '3 in, 3 out');
  });

  /** Opens the page in a browser of its own. */
  async function opened(
    url: string,
    options: BrowserContextOptions = {},
    prepare: (page: Page) => void = () => undefined,
  ): Promise<Page> {
    const context = await (browser as Browser).newContext(options);
    onTestFinished(() => context.close());
    context.setDefaultTimeout(PATIENCE_MILLIS);
    const page = await context.newPage();
    prepare(page);
    await page.goto(url);
    return page;
  }
});

async function seen(page: Page, text: string | RegExp): Promise<void> {
  await page.getByText(text).first().waitFor();
}

async function state(page: Page, name: RegExp): Promise<void> {
  await page.locator('.state', { hasText: name }).waitFor();
}

/** The number of a tile. */
async function figure(page: Page, tile: string): Promise<number> {
  const text = await page.locator('.tile', { hasText: tile }).locator('.figure span').textContent();
  return Number(text?.replaceAll('\u00a0', ''));
}

async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE);
  const results = await page.evaluate<AxeResults>('axe.run()');
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

class Application {
  readonly url: string;
  readonly #child;

  private constructor(child: ReturnType<typeof fork>, url: string) {
    this.#child = child;
    this.url = url;
  }

  static async start(urlForSpans: string): Promise<Application> {
    const child = fork(fileURLToPath(new URL('application.ts', import.meta.url)), [urlForSpans], { execArgv: [] });
    const { url = '' } = await said(child, 'serving');
    return new Application(child, url);
  }

  tell(command: ApplicationCommand): void {
    this.#child.send(command);
  }

  async metrics() {
    const answer = said(this.#child, 'metrics');
    this.tell({ kind: 'tell' });
    return (await answer).metrics;
  }

  async report(): Promise<Report> {
    return (await (await fetch(this.url, { headers: { accept: 'application/json' } })).json()) as Report;
  }

  async text(): Promise<string> {
    return (await fetch(`${this.url}?format=text`)).text();
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}

function said<Kind extends ApplicationMessage['kind']>(
  child: ReturnType<typeof fork>,
  kind: Kind,
): Promise<Extract<ApplicationMessage, { kind: Kind }>> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('the application has ended')));
    child.on('message', (message: ApplicationMessage) => {
      if (message.kind === kind) resolve(message as Extract<ApplicationMessage, { kind: Kind }>);
    });
  });
}
