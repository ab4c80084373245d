import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startChromium } from '../browser/chromium.ts';
import { type Collector, startCollector } from '../collector/src/index.ts';
import type { PageSettings, StartedPage } from './page-program.ts';
import { PageServer } from './page-server.ts';

const { browser: started, problem } = await startChromium();
if (started === undefined) console.log(`SKIPPED: pages in a browser (${problem})`);

describe.runIf(started !== undefined)('a page in a browser', () => {
  const browser = started as Browser;
  let collector: Collector;
  let server: PageServer;
  let context: BrowserContext;

  beforeAll(async () => {
    collector = await startCollector();
    server = await PageServer.start(collector.url);
  });
  beforeEach(async () => {
    server.isOut = false;
    context = await browser.newContext();
  });
  afterEach(() => context.close());
  afterAll(async () => {
    await browser.close();
    await server.close();
    await collector.close();
  });

  async function opened(settings: PageSettings): Promise<Page> {
    const page = await context.newPage();
    await page.goto(`${server.url}/page`);
    await page.evaluate((given) => {
      const { start } = globalThis as unknown as { start(settings: PageSettings): StartedPage };
      Object.assign(globalThis, { started: start(given) });
    }, settings);
    if (settings.spool !== undefined && settings.spool.maxBytes !== 0) await untilDatabasesAreOpen(page);
    return page;
  }

  async function make(page: Page, spans: number, logRecords: number): Promise<void> {
    await page.evaluate(
      ([spanCount, logRecordCount]) =>
        (globalThis as unknown as { started: StartedPage }).started.make(spanCount, logRecordCount),
      [spans, logRecords] as const,
    );
  }

  const arrived = () => ({ spans: collector.spans().length, logRecords: collector.logRecords().length });

  /** Waits until that many more have arrived than before, and a moment longer for those that should not. */
  async function untilArrived(before: ReturnType<typeof arrived>, spans: number, logRecords: number): Promise<void> {
    await vi.waitFor(() => {
      const now = arrived();
      expect([now.spans - before.spans, now.logRecords - before.logRecords]).toEqual([spans, logRecords]);
    }, 10_000);
  }

  async function metrics(page: Page) {
    return page.evaluate(() => {
      const { spans, logRecords } = (globalThis as unknown as { started: StartedPage }).started;
      return [spans.getMetrics(), logRecords.getMetrics()];
    });
  }

  async function untilFailing(page: Page): Promise<void> {
    await vi.waitFor(async () => {
      for (const { isProbing, inFlight } of await metrics(page)) expect([isProbing, inFlight]).toEqual([true, 0]);
    }, 5_000);
  }

  it.each([20, 150])('delivers %i spans and log records of a tab that is closed', async (count) => {
    const page = await opened({ spool: { maxBytes: 0 } });
    const before = arrived();
    await make(page, count, count);
    await page.close();
    await untilArrived(before, count, count);
  });

  // `npm run pages` does it a hundred times.
  it('delivers what is made a moment before the tab is closed, twenty times', async () => {
    for (let time = 0; time < 20; time += 1) {
      const page = await opened({ spool: { maxBytes: 0 } });
      const before = arrived();
      await make(page, 1, 1);
      await page.close();
      await untilArrived(before, 1, 1);
    }
  });

  it('has the next page send what is more than a page may send when it is left', async () => {
    const first = await opened({ spool: {} });
    const before = arrived();
    // Fewer than fill a batch: a large request that is in flight ends with its page.
    await make(first, 500, 500);
    await first.close();
    await opened({ spool: {} });
    await untilArrived(before, 500, 500);
  });

  it('has the next page send what was made while the collector was away', async () => {
    server.isOut = true;
    const first = await opened({ spool: {}, scheduledDelayMillis: 10 });
    const before = arrived();
    await make(first, 100, 100);
    await untilFailing(first);
    await make(first, 100, 100);
    await first.close();
    server.isOut = false;
    await opened({ spool: {} });
    await untilArrived(before, 200, 200);
  });

  it.each(['visibilitychange', 'pagehide'])(
    'delivers what the application makes in its own listener for %s',
    async (type) => {
      const page = await opened({ spool: { maxBytes: 0 } });
      const before = arrived();
      await page.evaluate((event) => {
        const target = event === 'pagehide' ? globalThis : document;
        target.addEventListener(event, () => (globalThis as unknown as { started: StartedPage }).started.make(1, 1));
      }, type);
      await page.goto('about:blank');
      await untilArrived(before, 1, 1);
    },
  );

  it('delivers what the application makes in its own listener for pagehide if it was hidden before', async () => {
    const page = await opened({ spool: { maxBytes: 0 } });
    const before = arrived();
    await page.evaluate(() => {
      addEventListener('pagehide', () => (globalThis as unknown as { started: StartedPage }).started.make(1, 1));
    });
    await hide(page);
    await page.evaluate(() => {
      dispatchEvent(new PageTransitionEvent('pagehide'));
    });
    await untilArrived(before, 1, 1);
  });

  it('goes on after it was hidden, sends nothing twice, and accounts for everything', async () => {
    const page = await opened({ spool: {} });
    const before = arrived();
    const { duplicates } = collector.counts();
    for (let time = 0; time < 3; time += 1) {
      await make(page, 30, 30);
      await hide(page);
    }
    await untilArrived(before, 90, 90);
    await vi.waitFor(async () => {
      const [spans, logRecords] = await metrics(page);
      expect(spans).toMatchObject({ eventsAccepted: 90, eventsFlushed: 90, eventsSpilled: 0, bufferSize: 0 });
      expect(logRecords).toMatchObject({ eventsAccepted: 90, eventsFlushed: 90, eventsSpilled: 0, bufferSize: 0 });
    }, 5_000);
    expect(collector.counts().duplicates).toBe(duplicates);
  });

  it('keeps what it could not send while it was hidden, and sends it when the collector is back', async () => {
    const page = await opened({ spool: {}, scheduledDelayMillis: 100 });
    const before = arrived();
    server.isOut = true;
    await make(page, 30, 30);
    await hide(page);
    await new Promise((resolve) => setTimeout(resolve, 300));
    server.isOut = false;
    await untilArrived(before, 30, 30);
    await vi.waitFor(
      async () => expect((await metrics(page))[0]).toMatchObject({ eventsFlushed: 30, eventsSpilled: 0 }),
      5_000,
    );
  });

  it('sends what can be read of a database into which others have written, and counts the rest', async () => {
    server.isOut = true;
    const first = await opened({ spool: {}, scheduledDelayMillis: 10 });
    const before = arrived();
    const poison = [null, 'text', { items: 1 }, { items: -1, body: new Uint8Array(3), storedAt: 0 }];
    await first.evaluate(async (entries) => {
      const { promise, resolve } = Promise.withResolvers<IDBDatabase>();
      const request = indexedDB.open('spillway-traces');
      request.addEventListener('success', () => resolve(request.result));
      const store = (await promise).transaction('requests', 'readwrite').objectStore('requests');
      for (const entry of entries) store.add(entry);
    }, poison);
    await make(first, 20, 20);
    await untilFailing(first);
    await first.close();
    server.isOut = false;
    const second = await opened({ spool: {} });
    await untilArrived(before, 20, 20);
    const [spans] = await metrics(second);
    expect(spans?.droppedByReason.spool_corrupt).toBe(poison.length);
  });

  it('sends what others have left from one page only', async () => {
    server.isOut = true;
    const first = await opened({ spool: {}, scheduledDelayMillis: 10 });
    const before = { ...arrived(), duplicates: collector.counts().duplicates };
    await make(first, 200, 200);
    await untilFailing(first);
    await first.close();
    server.isOut = false;
    await Promise.all([opened({ spool: {} }), opened({ spool: {} }), opened({ spool: {} })]);
    await untilArrived(before, 200, 200);
    expect(collector.counts().duplicates).toBe(before.duplicates);
  });

  it('delivers to a collector of another origin when it is closed', async () => {
    const page = await opened({ url: server.url.replace('localhost', '127.0.0.1'), spool: { maxBytes: 0 } });
    const before = arrived();
    await make(page, 20, 20);
    await page.close();
    await untilArrived(before, 20, 20);
  });

  it('delivers both signals of a page that is registered as the README says, and closed at once', async () => {
    const page = await context.newPage();
    const before = arrived();
    await page.goto(`${server.url}/registered`);
    await page.close();
    await untilArrived(before, 1, 1);
    expect(collector.spans().at(-1)?.span.name).toBe('GET /cart');
    expect(collector.logRecords().at(-1)?.logRecord.body).toEqual({ stringValue: 'order placed' });
  });

  it('delivers what was counted since the last collection, if the page is closed at once', async () => {
    const page = await context.newPage();
    await page.goto(`${server.url}/metrics`);
    await page.close();
    await vi.waitFor(() => expect(collector.totalOf('clicks')).toBe(3), 10_000);
  });

  // The browser of the tests has no back-forward cache, so the page gets only its events.
  it('goes on if it comes back from the back-forward cache', async () => {
    const page = await opened({ spool: {} });
    const before = arrived();
    await make(page, 5, 5);
    await page.evaluate(() => {
      dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
    });
    await untilArrived(before, 5, 5);
    await page.evaluate(() => {
      dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
    });
    await make(page, 5, 5);
    await page.close();
    await untilArrived(before, 10, 10);
  });

  it('has no listener that would keep it out of the back-forward cache', async () => {
    const page = await context.newPage();
    await page.addInitScript(() => {
      const types = new Set<string>();
      const { addEventListener } = EventTarget.prototype;
      EventTarget.prototype.addEventListener = function (...args) {
        types.add(args[0]);
        return addEventListener.apply(this, args);
      };
      Object.assign(globalThis, { types });
    });
    await page.goto(`${server.url}/registered`);
    const types = await page.evaluate(() => [...(globalThis as unknown as { types: Set<string> }).types]);
    expect(types).toEqual(expect.arrayContaining(['pagehide', 'visibilitychange']));
    expect(types).not.toContain('unload');
    expect(types).not.toContain('beforeunload');
  });
});

/** Real pages live longer than that takes. The page is told of its own connections first, because it has asked first. */
async function untilDatabasesAreOpen(page: Page): Promise<void> {
  await page.waitForFunction(async () => (await indexedDB.databases()).length === 2);
  await page.evaluate(async () => {
    for (const { name = '' } of await indexedDB.databases()) {
      await new Promise<void>((resolve) => {
        const request = indexedDB.open(name);
        request.addEventListener('success', () => {
          request.result.close();
          resolve();
        });
      });
    }
  });
}

/** The browser of the tests has no other tab that could hide this one, so the page is told so. */
async function hide(page: Page): Promise<void> {
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    Object.defineProperty(document, 'visibilityState', { value: 'visible', configurable: true });
  });
}
