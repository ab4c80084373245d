import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Collector, startCollector } from '../collector/src/index.ts';
import { ifInstallable, installed, installedAlone } from './install.ts';

/** npm asks its registry the first time. */
const INSTALL_MILLIS = 240_000;
const PATIENCE_MILLIS = 120_000;
const WORKER = fileURLToPath(new URL('workerd/worker.mjs', import.meta.url));

/** The part of miniflare that is used. */
interface Miniflare {
  dispatchFetch(url: string): Promise<{ text(): Promise<string>; json(): Promise<unknown> }>;
  dispose(): Promise<void>;
}
interface MiniflareModule {
  readonly Miniflare: new (options: object) => Miniflare;
}

const { folder = '', problem } = await ifInstallable(installedAlone('workerd'));
if (problem !== undefined) console.log(`SKIPPED: workers in workerd (${problem})`);

describe.skipIf(problem !== undefined)('a worker in workerd', { timeout: PATIENCE_MILLIS }, () => {
  let script: string;
  let collector: Collector;
  let worker: Miniflare;
  let made: number;

  beforeAll(async () => {
    script = await bundled();
  }, INSTALL_MILLIS);

  beforeEach(async () => {
    made = 0;
    collector = await startCollector();
  });

  afterEach(() => collector.close());

  function startWorker(options: object = { bindings: { COLLECTOR: collector.url } }): void {
    const { Miniflare } = createRequire(join(folder, '/'))('miniflare') as MiniflareModule;
    worker = new Miniflare({ modules: true, script, compatibilityDate: '2026-07-01', ...options });
    onTestFinished(() => worker.dispose());
  }

  /** One request, which makes a span, a log record and a measurement. */
  async function request(path: string): Promise<void> {
    made += 1;
    const response = await worker.dispatchFetch(`http://worker.example${path}`);
    expect(await response.text()).toBe('answered');
  }

  const hasArrived = (): boolean =>
    collector.countsOf('traces').unique === made &&
    collector.countsOf('logs').items >= made &&
    collector.totalOf('requests') === made;

  /** Sends requests until everything that was made has arrived. */
  async function requestUntilArrived(): Promise<void> {
    for (let tries = 0; tries < 100 && !hasArrived(); tries += 1) {
      await request('/flushed?within=5000');
      await Promise.race([collector.until(hasArrived), new Promise((resolve) => setTimeout(resolve, 2_000))]);
    }
    expect(hasArrived()).toBe(true);
    const losses = await worker.dispatchFetch('http://worker.example/losses');
    expect(await losses.json()).toEqual([0, 0, 0]);
  }

  it('delivers the items of every request after its answer', async () => {
    startWorker();
    for (let count = 0; count < 5; count += 1) {
      await request('/flushed?within=5000');
      await collector.until(hasArrived);
    }
    expect(collector.countsOf('traces').duplicates).toBe(0);
  });

  it('sends where variables say, if it has those of Node', async () => {
    startWorker({ bindings: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, compatibilityFlags: ['nodejs_compat'] });
    await request('/flushed?within=5000');
    await collector.until(hasArrived);
  });

  it('delivers the items of requests that run at the same time', async () => {
    startWorker();
    await Promise.all(Array.from({ length: 30 }, () => request('/flushed?within=5000')));
    await requestUntilArrived();
  });

  it('delivers with a later request what requests without a flush have made, whose timers are gone', async () => {
    startWorker();
    for (let count = 0; count < 5; count += 1) await request('/quiet');
    await request('/flushed?within=5000');
    await collector.until(hasArrived);
  });

  it('keeps its items while the collector fails, and delivers them with a later request', async () => {
    startWorker();
    await request('/flushed?within=5000');
    await collector.until(hasArrived);
    collector.setFault({ kind: 'status', code: 503 });
    for (let count = 0; count < 5; count += 1) await request('/flushed?within=300');
    expect(collector.countsOf('traces').unique).toBe(1);
    collector.setFault(undefined);
    await requestUntilArrived();
  });

  it('keeps its items while the collector hangs, and delivers them although the requests that sent them are gone', async () => {
    startWorker();
    collector.setFault({ kind: 'hang' });
    for (let count = 0; count < 5; count += 1) await request('/flushed?within=100');
    collector.setFault(undefined);
    await requestUntilArrived();
  });
});

/** As Cloudflare's own tool bundles a worker: with these conditions, for a platform without Node. */
async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: await readFile(WORKER, 'utf8'), resolveDir: await installed('otel3') },
    bundle: true,
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:workers'],
    format: 'esm',
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}
