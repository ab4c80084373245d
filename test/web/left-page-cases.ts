import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Collector } from '../collector/src/index.ts';
import type { PageOfSpans } from './page-of-spans.ts';
import type { PageServer } from './page-server.ts';

/** The programs of this folder that make spans, and what they are. */
export const PIPELINES = {
  upstream: 'OpenTelemetry',
  'no-spool': 'Spillway without a spool',
  spool: 'Spillway with `PageSpool`',
} as const;
export type Pipeline = keyof typeof PIPELINES;

/** One way in which a page ends, or does not. */
export interface LeftPageCase {
  readonly name: string;
  /** Made by each page. */
  readonly spans: number;
  /** How many pages this happens to, one after the other. Default: one. */
  readonly pages?: number;
  /** What happens to a page before it makes the spans. */
  prepare?(page: Page, pipeline: Pipeline): Promise<unknown>;
  /** What happens to a page that has just made the spans. */
  happen(page: Page, server: PageServer, context: BrowserContext, open: () => Promise<Page>): Promise<unknown>;
  /** Whether the collector is away when the page is opened. */
  readonly isOut?: boolean;
  /** Whether the collector has another origin than the page, so that the browser asks it for permission first (CORS). */
  readonly isElsewhere?: boolean;
  /** Of the address of the page: `csp` is a policy that the page gets. */
  readonly query?: Readonly<Record<string, string>>;
}

const close = async (page: Page): Promise<void> => page.close();
const settle = async (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis));

export const CASES: readonly LeftPageCase[] = [
  { name: 'the tab is closed, a hundred times', spans: 1, pages: 100, happen: close },
  { name: 'the tab is closed', spans: 20, happen: close },
  { name: 'the tab is closed', spans: 150, happen: close },
  { name: 'the tab is closed', spans: 400, happen: close },
  { name: 'the tab is closed, and the collector has another origin', spans: 20, isElsewhere: true, happen: close },
  { name: 'the tab is closed, and the collector has another origin', spans: 150, isElsewhere: true, happen: close },
  { name: 'the tab is closed, and the collector has another origin', spans: 400, isElsewhere: true, happen: close },
  { name: 'the tab is closed, and another page of the origin is opened', spans: 400, happen: closeAndOpen },
  { name: 'the page is reloaded', spans: 150, happen: async (page) => page.reload() },
  { name: 'a link leads elsewhere', spans: 150, happen: async (page) => page.goto('about:blank') },
  {
    name: 'the collector answers 503, the tab is closed after 10 s, and another page is opened when it is back',
    spans: 150,
    isOut: true,
    async happen(page, server, context, open) {
      await settle(10_000);
      await closeAndOpen(page, server, context, open);
    },
  },
  {
    name: 'the browser is offline for 15 s',
    spans: 150,
    async happen(page, _server, context) {
      await context.setOffline(true);
      await settle(15_000);
      await context.setOffline(false);
      await settle(10_000);
      await page.close();
    },
  },
  {
    name: 'a content security policy forbids the collector, and the tab is closed after 10 s',
    spans: 150,
    query: { csp: "default-src 'unsafe-inline'; connect-src 'none'" },
    happen: closeAfterTenSeconds,
  },
  {
    name: 'a service worker passes all requests on, and the tab is closed',
    spans: 150,
    prepare: async (page) => page.evaluate(() => (globalThis as unknown as PageOfSpans).useServiceWorker()),
    happen: close,
  },
  {
    name: 'a web worker makes the spans, and the tab is closed',
    spans: 150,
    prepare: makeInWorker,
    happen: close,
  },
  {
    name: 'a web worker makes the spans, and the tab is closed after 10 s',
    spans: 150,
    prepare: makeInWorker,
    happen: closeAfterTenSeconds,
  },
  { name: 'the tab crashes', spans: 150, happen: async (page) => page.goto('chrome://crash').catch(() => {}) },
];

async function closeAfterTenSeconds(page: Page): Promise<void> {
  await settle(10_000);
  await page.close();
}

/** Has the same program run in a worker, which makes the spans in the place of the page. */
async function makeInWorker(page: Page, pipeline: Pipeline): Promise<void> {
  await page.evaluate((path) => (globalThis as unknown as PageOfSpans).makeInWorker(path), `/${pipeline}.js`);
}

async function closeAndOpen(
  page: Page,
  server: PageServer,
  _context: BrowserContext,
  open: () => Promise<Page>,
): Promise<void> {
  await page.close();
  server.isOut = false;
  await open();
}

export interface LeftPageResult {
  readonly delivered: number;
  readonly duplicates: number;
  readonly requests: number;
}

/** Lets one case happen to one pipeline. */
export async function measureCase(
  { spans, pages = 1, happen, isOut = false, isElsewhere = false, prepare, query }: LeftPageCase,
  pipeline: Pipeline,
  browser: Browser,
  collector: Collector,
  server: PageServer,
): Promise<LeftPageResult> {
  const context = await browser.newContext();
  const open = async (): Promise<Page> => {
    const page = await context.newPage();
    const elsewhere = isElsewhere ? { collector: server.url.replace('localhost', '127.0.0.1') } : {};
    await page.goto(`${server.url}/${pipeline}?${new URLSearchParams({ ...query, ...elsewhere })}`);
    return page;
  };
  const before = { ...collector.counts(), requests: collector.requests.length };
  server.isOut = isOut;
  for (let count = 0; count < pages; count += 1) {
    const page = await open();
    await prepare?.(page, pipeline);
    // A page lives longer than it takes to open a database.
    await settle(300);
    await page.evaluate((made) => (globalThis as unknown as PageOfSpans).make(made), spans);
    await happen(page, server, context, open);
  }
  // For what is still on its way.
  await settle(3_000);
  server.isOut = false;
  await context.close();
  const { unique, duplicates } = collector.counts();
  return {
    delivered: unique - before.unique,
    duplicates: duplicates - before.duplicates,
    requests: collector.requests.length - before.requests,
  };
}
