import { fileURLToPath } from 'node:url';
import { createContext, Script } from 'node:vm';
import type * as logs from '@spillway/logs';
import type * as trace from '@spillway/trace';
import { build, type Platform } from 'esbuild';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../collector/src/index.ts';
import { browserGlobals } from './browser-globals.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

/**
 * Each is replaced by a name that can be looked for, where code means the global and no variable of its own. `setImmediate` is
 * not among them: it may be used where it is there.
 */
const NODE_GLOBALS = ['process', 'Buffer', 'require', '__dirname', '__filename'];
const MARK = 'GLOBAL_OF_NODE_';

interface Bundle {
  readonly code: string;
  /** The lines that use a global of Node. */
  readonly linesWithNodeGlobals: readonly string[];
  /** What is left to import. */
  readonly imports: readonly string[];
}

/** What an application's bundler makes of the packages as they are built. */
async function bundleFor(platform: Platform): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export * from '@spillway/trace'; export * from '@spillway/logs';`, resolveDir: here },
    // The paths of our own tsconfig lead to the sources.
    tsconfigRaw: {},
    platform,
    bundle: true,
    format: 'iife',
    globalName: 'spillway',
    define: Object.fromEntries(NODE_GLOBALS.map((name) => [name, MARK + name])),
    metafile: true,
    write: false,
  });
  const code = outputFiles[0]?.text ?? '';
  return {
    code,
    linesWithNodeGlobals: code.split('\n').filter((line) => line.includes(MARK)),
    imports: Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path)),
  };
}

/** Loads a bundle where there is nothing but what a browser has. */
function load({ code }: Bundle, more: Record<string, unknown> = {}): typeof trace & typeof logs {
  const context = createContext({ ...browserGlobals(), ...more });
  new Script(code, { filename: 'bundle.js' }).runInContext(context);
  return (context as { spillway: typeof trace & typeof logs }).spillway;
}

const resource = { attributes: { 'service.name': 'page' } };
const instrumentationScope = { name: 'clicks' };
let made = 0;

function span(): trace.ReadableSpanLike {
  made += 1;
  const context = { traceId: made.toString(16).padStart(32, '0'), spanId: made.toString(16).padStart(16, '0'), traceFlags: 1 };
  return {
    name: 'click',
    kind: 0,
    spanContext: () => context,
    startTime: [1_700_000_000, 0],
    endTime: [1_700_000_000, 5_000_000],
    status: { code: 0 },
    attributes: { 'user.name': 'Zoë', 'form.fields': ['name', 2.5, { nested: true }] },
    links: [],
    events: [],
    resource,
    instrumentationScope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function logRecord(): logs.ReadableLogRecordLike {
  return {
    hrTime: [1_700_000_000, 0],
    hrTimeObserved: [1_700_000_000, 0],
    severityNumber: 9,
    body: { text: 'clicked', by: 'Zoë' },
    attributes: {},
    droppedAttributesCount: 0,
    resource,
    instrumentationScope,
  };
}

function endSpans(processor: trace.BackpressureSpanProcessor, count: number): void {
  for (let index = 0; index < count; index += 1) processor.onEnd(span());
}

describe('a bundle of @spillway/trace and @spillway/logs for browsers', () => {
  let bundle: Bundle;
  let collector: Collector;

  beforeAll(async () => {
    bundle = await bundleFor('browser');
  });

  beforeEach(async () => {
    collector = await startCollector();
  });

  afterEach(() => collector.close());

  it('imports nothing and uses no global of Node', () => {
    expect(bundle.imports).toEqual([]);
    expect(bundle.code).not.toContain('node:');
    expect(bundle.linesWithNodeGlobals).toEqual([]);
  });

  it('is told by that from a bundle for Node', async () => {
    const forNode = await bundleFor('node');
    expect(forNode.imports).toContain('node:http');
    expect(forNode.linesWithNodeGlobals.join('\n')).toMatch(/GLOBAL_OF_NODE_process[^]*GLOBAL_OF_NODE_Buffer|GLOBAL_OF_NODE_Buffer[^]*GLOBAL_OF_NODE_process/);
  });

  it('delivers every log record over fetch, and tells apart what an export logs', async () => {
    const { BackpressureLogRecordProcessor, OtlpLogRecordExporter } = load(bundle);
    const exporter = new OtlpLogRecordExporter({ url: `${collector.url}/v1/logs`, headers: () => {
      processor.onEmit(logRecord());
      return {};
    } });
    const processor = new BackpressureLogRecordProcessor({ exporter, maxExportBatchSize: 100 });
    for (let index = 0; index < 250; index += 1) processor.onEmit(logRecord());
    await processor.shutdown();
    expect(collector.logRecords()).toHaveLength(250);
    expect(processor.getMetrics().droppedByReason.feedback).toBe(collector.requests.length);
  });

  it('delivers every span over fetch', async () => {
    const { BackpressureSpanProcessor, OtlpSpanExporter } = load(bundle);
    const exporter = new OtlpSpanExporter({ url: `${collector.url}/v1/traces` });
    const processor = new BackpressureSpanProcessor({ exporter, maxExportBatchSize: 100 });
    endSpans(processor, 1_050);
    await processor.forceFlush();
    expect(collector.counts()).toMatchObject({ unique: 1_050 });
    endSpans(processor, 5);
    await processor.shutdown();
    expect(processor.getMetrics()).toMatchObject({ eventsOffered: 1_055, eventsFlushed: 1_055, bufferSize: 0, inFlight: 0 });
    expect(collector.counts()).toMatchObject({ items: 1_055, unique: 1_055, duplicates: 0 });
    expect(collector.spans()[0]).toMatchObject({ span: { name: 'click' }, scope: { name: 'clicks' } });
  });

  it('keeps its spans while the collector fails, and delivers them compressed', async () => {
    collector.queueFaults({ kind: 'status', code: 503 }, { kind: 'reset' }, { kind: 'status', code: 429, retryAfter: '1' });
    const { BackpressureSpanProcessor, OtlpSpanExporter } = load(bundle);
    const exporter = new OtlpSpanExporter({ url: `${collector.url}/v1/traces`, compression: 'gzip' });
    const processor = new BackpressureSpanProcessor({ exporter });
    endSpans(processor, 700);
    await processor.shutdown();
    expect(processor.getMetrics()).toMatchObject({ eventsFlushed: 700, eventsFailed: 0, eventsDropped: 0 });
    expect(collector.counts()).toMatchObject({ unique: 700, duplicates: 0 });
    expect(new Set(collector.requests.map(({ headers }) => headers['content-encoding']))).toEqual(new Set(['gzip']));
  });

  it('lets a page end before small requests do, and sends the others as ever', async () => {
    const keptAlive: unknown[] = [];
    const fetchOfPage: typeof fetch = (input, init) => {
      keptAlive.push(init?.keepalive ?? false);
      return fetch(input, init);
    };
    const { BackpressureSpanProcessor, OtlpSpanExporter } = load(bundle, { document: {}, fetch: fetchOfPage });
    const exporter = new OtlpSpanExporter({ url: `${collector.url}/v1/traces` });
    const processor = new BackpressureSpanProcessor({ exporter, maxExportBatchSize: 1_000, maxConcurrentExports: 1 });
    endSpans(processor, 1_001);
    await processor.shutdown();
    expect(keptAlive).toEqual([false, true]);
    expect(processor.getMetrics()).toMatchObject({ eventsFlushed: 1_001, eventsRetried: 0 });
    expect(collector.counts()).toMatchObject({ unique: 1_001, duplicates: 0 });
  });

  it('refuses the options that fetch cannot obey', () => {
    const { OtlpSpanExporter } = load(bundle);
    expect(() => new OtlpSpanExporter({ tls: { rejectUnauthorized: false } })).toThrow('tls is not possible with fetch');
  });
});
