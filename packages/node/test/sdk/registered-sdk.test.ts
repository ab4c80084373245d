import { createRequire } from 'node:module';
import { join, sep } from 'node:path';
import * as api from '@opentelemetry/api';
import * as apiLogs from '@opentelemetry/api-logs';
import * as core from '@opentelemetry/core';
import * as resources from '@opentelemetry/resources';
import * as sdkLogs from '@opentelemetry/sdk-logs';
import * as sdkMetrics from '@opentelemetry/sdk-metrics';
import * as sdkTrace from '@opentelemetry/sdk-trace-base';
import type { RequestSpool, SpoolMetrics, SpoolPlace } from '@spillway/pipeline';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { SdkModules } from '../../src/sdk/given-modules.ts';
import { givenApplication, givenSdk } from '../../src/sdk/given-sdk.ts';
import { Telemetry } from '../../src/sdk/registered-sdk.ts';
import { resolveSettings } from '../../src/sdk/resolve-settings.ts';
import type { StartOptions } from '../../src/sdk/start-options.ts';
import type { StartedSpool } from '../../src/spool/spool-of-start.ts';

const MODULES: SdkModules = {
  '@opentelemetry/api': api,
  '@opentelemetry/api-logs': apiLogs,
  '@opentelemetry/core': core,
  '@opentelemetry/resources': resources,
  '@opentelemetry/sdk-logs': sdkLogs,
  '@opentelemetry/sdk-metrics': sdkMetrics,
  '@opentelemetry/sdk-trace-base': sdkTrace,
};

/** Takes everything. */
class MemoryExporter {
  readonly taken: unknown[] = [];
  isShutDown = false;

  export(items: unknown, done: (result: { code: number }) => void): void {
    this.taken.push(items);
    done({ code: 0 });
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {
    this.isShutDown = true;
  }
}

let exporters: Readonly<Record<'traces' | 'logs' | 'metrics', MemoryExporter>>;
let running: Telemetry[] = [];
let lines: string[] = [];

beforeEach(() => {
  exporters = { traces: new MemoryExporter(), logs: new MemoryExporter(), metrics: new MemoryExporter() };
  lines = [];
  const log = (level: string) => (message: string) => lines.push(`${level} ${message}`);
  const silent = (): void => {};
  api.diag.setLogger(
    { error: log('error'), warn: log('warn'), info: silent, debug: silent, verbose: silent },
    { suppressOverrideMessage: true },
  );
});
afterEach(async () => {
  for (const telemetry of running.splice(0)) await telemetry.shutdown();
  api.trace.disable();
  api.metrics.disable();
  apiLogs.logs.disable();
  api.diag.disable();
});

function start(options: StartOptions = {}, modules: SdkModules = MODULES, spool?: StartedSpool): Telemetry {
  const { traces, logs, metrics } = exporters;
  const all = {
    traces: { exporter: traces, drainTimeoutMillis: 1_000 },
    logs: { exporter: logs, drainTimeoutMillis: 1_000 },
    metrics: { exporter: metrics, drainTimeoutMillis: 1_000 },
    instrumentations: [],
    pressure: false,
    ...options,
  } as unknown as StartOptions;
  const settings = resolveSettings(all, () => {}, {});
  const telemetry = new Telemetry(settings, all, spool, givenSdk(modules), givenApplication(modules), api);
  running.push(telemetry);
  return telemetry;
}

const makeSpan = (): void => api.trace.getTracer('test').startSpan('order').end();
const makeLog = (): void => apiLogs.logs.getLogger('test').emit({ body: 'order' });

describe('a start', () => {
  it('registers a provider for each signal, whose items go to its exporter', async () => {
    const telemetry = start({ serviceName: 'shop' });
    makeSpan();
    makeLog();
    api.metrics.getMeter('test').createCounter('orders').add(1);
    await telemetry.forceFlush();
    expect(exporters.traces.taken).toHaveLength(1);
    expect(exporters.logs.taken).toHaveLength(1);
    expect(exporters.metrics.taken).toHaveLength(1);
    expect(exporters.traces.taken[0]).toMatchObject([{ resource: { attributes: { 'service.name': 'shop' } } }]);
    expect(lines).toEqual([]);
  });

  it('has a status that says what runs, until it has been shut down', async () => {
    const telemetry = start({ serviceName: 'shop', sampler: 'always_on', propagators: ['baggage'] });
    const exporter = {
      name: 'MemoryExporter',
      endpoint: undefined,
      metrics: expect.objectContaining({ state: 'normal' }),
    };
    expect(telemetry.status()).toEqual({
      state: 'running',
      reason: undefined,
      sdk: {
        line: '2.x',
        versions: {
          '@opentelemetry/sdk-trace-base': 'as given',
          '@opentelemetry/sdk-logs': 'as given',
          '@opentelemetry/sdk-metrics': 'as given',
          '@opentelemetry/api': 'as given',
        },
      },
      signals: {
        traces: { exporters: [exporter], sampler: 'always_on' },
        logs: { exporters: [exporter] },
        metrics: { exporters: [exporter] },
      },
      serviceName: 'shop',
      propagators: ['baggage'],
      instrumentations: 0,
    });
    await telemetry.shutdown();
    expect(telemetry.status().state).toBe('shut_down');
  });

  it('shuts every signal down, once, after it has sent what is left', async () => {
    const telemetry = start();
    makeSpan();
    const shutdown = telemetry.shutdown();
    expect(telemetry.shutdown()).toBe(shutdown);
    await expect(shutdown).resolves.toBeUndefined();
    expect(exporters.traces.taken).toHaveLength(1);
    expect(Object.values(exporters).map(({ isShutDown }) => isShutDown)).toEqual([true, true, true]);
  });

  it('has only the signals that are wanted', () => {
    const telemetry = start({ logs: false, metrics: false });
    expect(Object.keys(telemetry.status().signals)).toEqual(['traces']);
    expect(telemetry.pipelines).toHaveLength(1);
  });

  it('has only the signals whose SDK there is', () => {
    const { '@opentelemetry/sdk-logs': _, ...rest } = MODULES;
    const telemetry = start({}, rest);
    expect(Object.keys(telemetry.status().signals)).toEqual(['traces', 'metrics']);
  });
});

describe('a flush of everything', () => {
  it('fails with the error of the signal that fails, and the others are flushed', async () => {
    const telemetry = start();
    vi.spyOn(telemetry.pipelines[0]!.processor, 'forceFlush').mockRejectedValue(new Error('no traces today'));
    makeLog();
    await expect(telemetry.forceFlush()).rejects.toEqual(new Error('no traces today'));
    expect(exporters.logs.taken).toHaveLength(1);
  });

  it('fails with all errors if several signals fail', async () => {
    const telemetry = start();
    const [traces, logs] = telemetry.pipelines;
    vi.spyOn(traces!.processor, 'forceFlush').mockRejectedValue(new Error('one'));
    vi.spyOn(logs!.processor, 'forceFlush').mockRejectedValue(new Error('two'));
    await expect(telemetry.forceFlush()).rejects.toMatchObject({
      name: 'AggregateError',
      message: 'Error: one; Error: two',
      errors: [new Error('one'), new Error('two')],
    });
  });
});

describe('a signal whose package is broken', () => {
  const broken = { ...sdkTrace, BasicTracerProvider: undefined, TracerProvider: undefined };

  it('is left out, with a warning, and the others run', () => {
    const telemetry = start({}, { ...MODULES, '@opentelemetry/sdk-trace-base': broken });
    expect(Object.keys(telemetry.status().signals)).toEqual(['logs', 'metrics']);
    expect(lines).toEqual([
      'warn Spillway: traces could not be set up, and are left out: Error: @opentelemetry/sdk-trace-base as given has no tracer provider',
    ]);
  });

  it('stops the start if it is the only one', () => {
    expect(() =>
      start({ logs: false, metrics: false }, { ...MODULES, '@opentelemetry/sdk-trace-base': broken }),
    ).toThrow('has no tracer provider');
  });
});

it('a wrong option of a signal stops the start, and registers nothing', () => {
  expect(() => start({ logs: { exporter: exporters.logs, maxQueueSize: 0 } as never })).toThrow(
    expect.objectContaining({ name: 'RefusedOption' }),
  );
  makeSpan();
  expect(api.trace.getTracer('test').startSpan('order').isRecording()).toBe(false);
});

describe('a signal that has a provider already', () => {
  it('is left to that provider, with an error', () => {
    const own = new sdkTrace.BasicTracerProvider();
    api.trace.setGlobalTracerProvider(own);
    const telemetry = start();
    expect(Object.keys(telemetry.status().signals)).toEqual(['logs', 'metrics']);
    expect(lines).toContain(
      'error Spillway found a tracer provider that is already registered, and leaves the signal to it. Remove the other set-up, or do not start Spillway',
    );
  });
});

describe('self-metrics', () => {
  it('are recorded with the metrics of the application', async () => {
    const telemetry = start({ selfMetrics: true });
    makeSpan();
    await telemetry.forceFlush();
    await telemetry.forceFlush();
    const names = JSON.stringify(
      exporters.metrics.taken.flatMap((taken) =>
        (taken as sdkMetrics.ResourceMetrics).scopeMetrics.flatMap(({ metrics }) =>
          metrics.map(({ descriptor }) => descriptor.name),
        ),
      ),
    );
    expect(names).toContain('otel.sdk.');
    expect(lines).toEqual([]);
  });

  it('have a warning if there are no metrics', () => {
    start({ selfMetrics: true, metrics: false });
    expect(lines).toEqual([
      'warn Spillway: there are no metrics, so self-metrics are recorded only if the application has a meter provider of its own',
    ]);
  });
});

describe('instrumentations', () => {
  it('that cannot be loaded are left out, with an error, and the signals run', () => {
    const telemetry = start({ instrumentations: [{}] });
    expect(telemetry.status()).toMatchObject({ state: 'running', instrumentations: 0 });
    expect(lines).toEqual(['error Spillway runs without instrumentations, which could not be loaded:']);
  });

  it('for packages that were loaded too early have a warning', () => {
    const { cache } = createRequire(import.meta.url);
    const file = join(sep, 'app', 'node_modules', 'early', 'index.js');
    cache[file] = {} as NodeJS.Module;
    onTestFinished(() => void delete cache[file]);
    const modules = { ...MODULES, '@opentelemetry/instrumentation': { registerInstrumentations: () => {} } };
    start({ instrumentations: [{ getModuleDefinitions: () => [{ name: 'early' }] }] }, modules);
    expect(lines).toEqual([expect.stringMatching(/^warn Spillway was started after .* were loaded.*: early\./)]);
  });

  it('get the providers, and are counted', () => {
    const registerInstrumentations = vi.fn<(options: object) => void>();
    const modules = { ...MODULES, '@opentelemetry/instrumentation': { registerInstrumentations } };
    const telemetry = start({ instrumentations: [{}, {}], metrics: false }, modules);
    expect(telemetry.status().instrumentations).toBe(2);
    expect(registerInstrumentations.mock.calls).toEqual([
      [
        {
          instrumentations: [{}, {}],
          tracerProvider: expect.any(sdkTrace.BasicTracerProvider),
          loggerProvider: expect.any(sdkLogs.LoggerProvider),
        },
      ],
    ]);
  });
});

describe('the spool in the status', () => {
  const spoolWith = (metrics: readonly SpoolMetrics[]): RequestSpool => {
    const left = [...metrics];
    return {
      join: (): SpoolPlace => {
        const own = left.shift() ?? metrics[0]!;
        return {
          store: () => false,
          isEmpty: true,
          getMetrics: () => own,
          onReady: () => () => {},
          whenWritten: async () => true,
          close: async () => {},
          closeNow() {},
        };
      },
    };
  };
  const statusWith = (...metrics: readonly SpoolMetrics[]) => {
    const exporting = { exporters: ['otlp'], drainTimeoutMillis: 1 };
    const spool = { spool: spoolWith(metrics), directory: '/var/spool/shop' };
    return start({ traces: exporting, logs: exporting, metrics: false } as never, MODULES, spool).status().spool;
  };

  it('is the sum of what the pipelines have there, and the oldest of it', () => {
    expect(
      statusWith(
        { items: 3, bytes: 100, oldestStoredAt: 2_000, takenOver: 1 },
        { items: 4, bytes: 50, oldestStoredAt: 1_000, takenOver: 2 },
      ),
    ).toEqual({ directory: '/var/spool/shop', items: 7, bytes: 150, oldestStoredAt: 1_000, takenOver: 3 });
  });

  it('leaves pipelines out that have none', () => {
    const exporting = { exporters: ['otlp', 'console'], drainTimeoutMillis: 1 };
    const metrics = { items: 3, bytes: 100, oldestStoredAt: 2_000, takenOver: 1 };
    const spool = { spool: spoolWith([metrics]), directory: undefined };
    const telemetry = start({ traces: exporting, logs: false, metrics: false } as never, MODULES, spool);
    expect(telemetry.status().spool).toEqual({ directory: undefined, ...metrics });
  });

  it('has no oldest item if it is empty', () => {
    expect(statusWith({ items: 0, bytes: 0, oldestStoredAt: undefined, takenOver: 0 })).toEqual({
      directory: '/var/spool/shop',
      items: 0,
      bytes: 0,
      oldestStoredAt: undefined,
      takenOver: 0,
    });
  });
});
