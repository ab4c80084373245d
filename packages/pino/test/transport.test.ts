import { once } from 'node:events';
import { type Collector, startCollector } from '../../../test/collector/src/index.ts';
import { readLog } from '../../../test/example/src/index.ts';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import createTransport, { type PinoTransportOptions } from '../src/index.ts';

// As a stream in the thread of the application: pino does not tell it of the logger.
describe('the transport', () => {
  let collector: Collector;

  beforeEach(async () => {
    collector = await startCollector();
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url);
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    await collector.close();
  });

  /** Logs, ends the stream, and waits until it is closed. */
  async function logged(options: PinoTransportOptions, log: (logger: pino.Logger) => void) {
    const stream = await createTransport(options);
    log(pino(stream));
    stream.end();
    await once(stream, 'close');
    return collector.logRecords();
  }

  it('has delivered every line when it is closed', async () => {
    const received = await logged({}, (logger) => {
      for (let line = 0; line < 3_000; line += 1) logger.info({ line }, 'working');
    });
    expect(received).toHaveLength(3_000);
  });

  it('sends a line that is not of pino as it is', async () => {
    const stream = await createTransport();
    stream.end('a line of a native module\n');
    await once(stream, 'close');
    expect(collector.logRecords().map((log) => readLog(log).body)).toEqual(['a line of a native module']);
  });

  it.each<[string, PinoTransportOptions, string]>([
    ['the executable', {}, `unknown_service:node`],
    ['a variable', { resourceAttributes: { 'deployment.environment.name': 'test' } }, 'of the environment'],
    ['an attribute', { resourceAttributes: { 'service.name': 'of an attribute' } }, 'of an attribute'],
    ['the option', { serviceName: 'shop', resourceAttributes: { 'service.name': 'of an attribute' } }, 'shop'],
  ])('names the service after %s', async (source, options, name) => {
    if (source !== 'the executable') vi.stubEnv('OTEL_SERVICE_NAME', 'of the environment');
    const [received] = await logged(options, (logger) => logger.info('working'));
    expect(received && readLog(received).service).toBe(name);
  });

  it('sends nothing if OTEL_SDK_DISABLED is true', async () => {
    vi.stubEnv('OTEL_SDK_DISABLED', 'true');
    expect(await logged({}, (logger) => logger.info('working'))).toEqual([]);
  });

  it('passes its options on to the processor and the exporter', async () => {
    const received = await logged({ exporter: { headers: { 'x-tenant': 'tea' } }, maxExportBatchSize: 1 }, (logger) =>
      [1, 2, 3].forEach((line) => logger.info({ line }, 'working')),
    );
    expect(received).toHaveLength(3);
    expect(collector.requests).toHaveLength(3);
    expect(collector.requests[0]?.headers).toMatchObject({ 'x-tenant': 'tea' });
  });

  it.each<[PinoTransportOptions, string]>([
    [{ drainTimeoutMillis: 9_001 }, 'drainTimeoutMillis'],
    [{ drainTimeoutMillis: 0 }, 'drainTimeoutMillis'],
    [{ maxQueueSize: -1 }, 'maxQueueSize'],
    [{ spool: { directory: '' } }, 'directory'],
  ])('refuses wrong options: %s', async (options, name) => {
    await expect(createTransport(options)).rejects.toThrow(name);
  });

  it('waits at its end no longer than pino does, whatever the variable says', async () => {
    vi.stubEnv('SPILLWAY_DRAIN_TIMEOUT', '60000');
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:9');
    const { drainTimeoutOf } = await import('../src/transport-options.ts');
    expect(drainTimeoutOf(undefined)).toBe(9_000);
    vi.stubEnv('SPILLWAY_DRAIN_TIMEOUT', '500');
    expect(drainTimeoutOf(undefined)).toBe(500);
  });
});
