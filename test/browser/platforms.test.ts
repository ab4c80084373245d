import { beforeAll, describe, expect, it, vi } from 'vitest';
import { browserGlobals } from './browser-globals.ts';
import { type Bundle, bundleFor, loadInto } from './bundle.ts';
import { endSpans, logRecord } from './page-items.ts';

const MEBIBYTE = 2 ** 20;
const URL_OF_COLLECTOR = 'http://collector.example/v1/traces';

function refuse(what: string): never {
  throw new Error(`${what} is not supported here`);
}

/** Next's edge runtime: missing functions are stubs that throw when called (next/src/server/web/sandbox/context.ts). */
function edgeRuntime(): Record<string, unknown> {
  const process = { env: { NEXT_RUNTIME: 'edge' } };
  for (const name of [
    'constrainedMemory',
    'availableMemory',
    'memoryUsage',
    'nextTick',
    'hrtime',
    'getBuiltinModule',
  ]) {
    Object.defineProperty(process, name, { get: () => () => refuse(`process.${name}`) });
  }
  const globals: Record<string, unknown> = { ...browserGlobals(), process };
  for (const name of ['setImmediate', 'clearImmediate', 'CompressionStream', 'MessageChannel'])
    globals[name] = () => refuse(name);
  return globals;
}

/** Deno without --allow-sys and --allow-env. */
function denoWithoutPermissions(): Record<string, unknown> {
  const env = new Proxy(
    {},
    { get: () => refuse('env access'), has: () => refuse('env access'), ownKeys: () => refuse('env access') },
  );
  const process = { env, constrainedMemory: () => refuse('sys access'), availableMemory: () => refuse('sys access') };
  return { ...browserGlobals(), process, setImmediate };
}

/** workerd with the compatibility flag for Node. */
function workerd(): Record<string, unknown> {
  return { ...browserGlobals(), process: { env: {}, constrainedMemory: () => 0, availableMemory: () => 0 } };
}

/** jest with jsdom, in the versions with the fewest globals, and with a fetch that the application provides. */
function jsdom(): Record<string, unknown> {
  const globals = browserGlobals();
  for (const name of [
    'TextEncoder',
    'TextDecoder',
    'CompressionStream',
    'Response',
    'Request',
    'Headers',
    'ReadableStream',
    'Blob',
  ])
    delete globals[name];
  globals['URL'] = class extends URL {
    static override canParse = undefined as never;
  };
  globals['document'] = {};
  return globals;
}

describe.each([
  ["Next's edge runtime", edgeRuntime, 'browser', ['edge-light']],
  ['Deno without permissions', denoWithoutPermissions, 'neutral', []],
  ['workerd', workerd, 'browser', ['workerd', 'worker']],
  ['jest with jsdom', jsdom, 'browser', []],
] as const)('on %s', (_, globalsOf, platform, conditions) => {
  let bundle: Bundle;
  beforeAll(async () => {
    bundle = await bundleFor(platform, conditions);
  });

  it('the packages load, and processors deliver all offered items over fetch', async () => {
    const bodies: Uint8Array[] = [];
    const fetchStub = vi.fn<typeof fetch>(async (_input, init) => {
      bodies.push(init?.body as Uint8Array);
      return new Response();
    });
    const { BackpressureSpanProcessor, OtlpSpanExporter, BackpressureLogRecordProcessor, OtlpLogRecordExporter } =
      loadInto({ ...globalsOf(), fetch: fetchStub }, bundle);
    const spans = new BackpressureSpanProcessor({
      exporter: new OtlpSpanExporter({ url: URL_OF_COLLECTOR, compression: 'gzip' }),
    });
    const records = new BackpressureLogRecordProcessor({
      exporter: new OtlpLogRecordExporter({ url: URL_OF_COLLECTOR }),
    });
    endSpans(spans, 10);
    for (let index = 0; index < 10; index += 1) records.onEmit(logRecord());
    await spans.forceFlush();
    await spans.shutdown();
    await records.shutdown();
    const delivered = { eventsOffered: 10, eventsFlushed: 10, eventsDropped: 0, eventsFailed: 0 };
    expect(spans.getMetrics()).toMatchObject(delivered);
    expect(records.getMetrics()).toMatchObject(delivered);
    expect(bodies.length).toBeGreaterThan(0);
  });

  it('a queue may hold its 64 MiB, because the platform does not report less memory', async () => {
    const { BackpressureSpanProcessor, OtlpSpanExporter } = loadInto(
      { ...globalsOf(), fetch: () => new Promise(() => {}) },
      bundle,
    );
    const processor = new BackpressureSpanProcessor({
      exporter: new OtlpSpanExporter({ url: URL_OF_COLLECTOR }),
      strategy: 'drop_newest',
    });
    endSpans(processor, 1_000);
    const { bufferBytes, bufferUtilization, eventsDropped } = processor.getMetrics();
    expect(eventsDropped).toBe(0);
    // If the bound in bytes were lower, it would determine the utilization, because the bound in items is far away.
    expect(bufferUtilization).toBeCloseTo(Math.max(bufferBytes / (64 * MEBIBYTE), 1_000 / 262_144), 6);
    processor.giveUp();
  });
});

describe('environment variables', () => {
  const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://other.example/v1/traces' };

  async function urlOfRequest(bundle: Bundle, variables: Record<string, string> = env): Promise<unknown> {
    const fetchStub = vi.fn<typeof fetch>(async () => new Response());
    const { BackpressureSpanProcessor } = loadInto(
      { ...browserGlobals(), process: { env: variables }, fetch: fetchStub },
      bundle,
    );
    const processor = new BackpressureSpanProcessor();
    endSpans(processor, 1);
    await processor.shutdown();
    return fetchStub.mock.calls[0]?.[0];
  }

  it.each([['workerd'], ['edge-light'], ['worker']])('are read in a bundle for %s', async (condition) => {
    expect(await urlOfRequest(await bundleFor('browser', [condition]))).toBe('http://other.example/v1/traces');
  });

  it('that name files of certificates have no effect in workers, which have no files', async () => {
    const bundle = await bundleFor('browser', ['workerd']);
    const variables = { OTEL_EXPORTER_OTLP_CERTIFICATE: '/etc/ssl/collector.pem' };
    expect(await urlOfRequest(bundle, variables)).toBe('http://localhost:4318/v1/traces');
  });

  it('are not read in a page, whose bundle lacks the code for that', async () => {
    const bundle = await bundleFor('browser');
    expect(await urlOfRequest(bundle)).toBe('http://localhost:4318/v1/traces');
    expect(bundle.code).not.toContain('OTEL_BSP_');
  });
});

describe('on a platform that lacks globals that telemetry needs', () => {
  let bundle: Bundle;
  beforeAll(async () => {
    bundle = await bundleFor('browser');
  });

  it('an exporter without fetch keeps its items, and sends them once fetch exists', async () => {
    const globals = browserGlobals();
    delete globals['fetch'];
    const { BackpressureSpanProcessor, OtlpSpanExporter } = loadInto(globals, bundle);
    const processor = new BackpressureSpanProcessor({ exporter: new OtlpSpanExporter({ url: URL_OF_COLLECTOR }) });
    endSpans(processor, 1);
    await expect(processor.forceFlush({ timeoutMillis: 20 })).rejects.toThrow('the rest is kept and exported later');
    expect(processor.getMetrics()).toMatchObject({ eventsFailed: 0, eventsDropped: 0, bufferSize: 1 });
    globals['fetch'] = async () => new Response();
    await processor.forceFlush();
    expect(processor.getMetrics().eventsFlushed).toBe(1);
  });

  it('the packages load with only the language', () => {
    expect(loadInto({}, bundle).BackpressureSpanProcessor).toBeTypeOf('function');
  });

  it('the constructor of a processor says which globals are missing', () => {
    const { BackpressureSpanProcessor } = loadInto({}, bundle);
    const exporter = { export: () => {}, shutdown: async () => {} };
    expect(() => new BackpressureSpanProcessor({ exporter })).toThrow(
      'BackpressureController needs AbortController and setTimeout, which this platform does not have',
    );
  });

  it('the constructor of an exporter says which global is missing', () => {
    const { AbortController, performance, setTimeout } = browserGlobals();
    const { OtlpSpanExporter } = loadInto({ AbortController, performance, setTimeout }, bundle);
    expect(() => new OtlpSpanExporter({ url: URL_OF_COLLECTOR })).toThrow(
      'an OTLP transport needs the global URL, which this platform does not have',
    );
  });
});
