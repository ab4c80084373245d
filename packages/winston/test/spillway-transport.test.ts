import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { context, diag, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { type Collector, startCollector } from '../../../test/collector/src/index.ts';
import { readLog, runProgram } from '../../../test/example/src/index.ts';
import { listSpool } from '@spillway/spool';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { config, createLogger, format, type Logger, type LoggerOptions } from 'winston';
import { SpillwayTransport, type SpillwayTransportOptions } from '../src/index.ts';

const SPAN = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const PATIENCE_MILLIS = 60_000;

describe('the transport', () => {
  let collector: Collector;

  beforeEach(async () => {
    collector = await startCollector();
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url);
  });

  afterEach(async () => {
    diag.disable();
    vi.unstubAllEnvs();
    await collector.close();
  });

  /** Logs, ends the logger, and waits for its `finish`. */
  async function logged(
    log: (logger: Logger) => void,
    options: SpillwayTransportOptions = {},
    loggerOptions: LoggerOptions = {},
  ) {
    const transport = new SpillwayTransport(options);
    const logger = createLogger({ level: 'silly', ...loggerOptions, transports: [transport] });
    log(logger);
    const isFinished = once(logger, 'finish');
    logger.end();
    await isFinished;
    return collector.logRecords().map(readLog);
  }

  it('has delivered every entry when its logger has finished', async () => {
    const received = await logged((logger) => {
      for (let line = 0; line < 3_000; line += 1) logger.info('working', { line });
    });
    expect(new Set(received.map(({ attributes }) => attributes['line'])).size).toBe(3_000);
  });

  it('does not throw if a property of an entry does, sends the others, and takes the next entries', async () => {
    const entry = {
      level: 'warn',
      message: 'odd',
      shop: 'tea',
      get secret(): never {
        throw new Error('not for you');
      },
    };
    const received = await logged(
      (logger) => {
        expect(() => logger.log(entry)).not.toThrow();
        logger.info('fine');
      },
      {},
      { format: format((info) => info)() },
    );
    expect(received).toMatchObject([
      { severity: '13 warn', body: 'odd', attributes: { shop: 'tea' } },
      { severity: '9 info', body: 'fine' },
    ]);
  });

  it('makes the message the body, and everything else attributes', async () => {
    const before = BigInt(Date.now()) * 1_000_000n;
    const [received] = await logged((logger) => logger.child({ shop: 'tea' }).info('placed', { cart: { id: 7 } }), {
      serviceName: 'shop',
    });
    expect(received).toMatchObject({
      severity: '9 info',
      body: 'placed',
      attributes: { shop: 'tea', cart: { id: 7 } },
      scope: '@spillway/winston',
      service: 'shop',
    });
    const { timeUnixNano } = collector.logRecords()[0]!.logRecord;
    expect(BigInt(String(timeUnixNano))).toBeGreaterThanOrEqual(before);
  });

  it('knows the severity of a level although a format has coloured it', async () => {
    const [received] = await logged((logger) => logger.warn('hot'), {}, { format: format.colorize() });
    expect(received?.severity).toBe('13 warn');
  });

  it.each([
    ['npm', config.npm.levels, { error: 17, warn: 13, info: 9, http: 7, verbose: 6, debug: 5, silly: 1 }],
    [
      'syslog',
      config.syslog.levels,
      { emerg: 23, alert: 22, crit: 21, error: 17, warning: 13, notice: 10, info: 9, debug: 5 },
    ],
    ['its own', { fatal: 0, loud: 1, quiet: 2, trace: 3 }, { fatal: 21, loud: 18, quiet: 0, trace: 1 }],
  ])('gives each level of the table %s its severity', async (_, levels, severities) => {
    const received = await logged(
      (logger) => Object.keys(levels).forEach((level) => logger.log(level, level)),
      { severityNumbers: { loud: 18 } },
      { levels, level: Object.keys(levels).at(-1)! },
    );
    expect(
      Object.fromEntries(received.map(({ severity, body }) => [body, Number.parseInt(severity, 10) || 0])),
    ).toEqual(severities);
  });

  /** As HTTP clients throw it: with the request and its secrets. */
  class ResponseError extends Error {
    override readonly name = 'ResponseError';
    readonly status = 503;
    readonly config = { headers: { authorization: 'secret' } };
  }

  const failed = (): ResponseError => new ResponseError('no tea', { cause: new Error('no water') });

  it.each<[string, string, (logger: Logger, error: Error) => void, Record<string, unknown>]>([
    [
      'in the field error',
      'not placed',
      (logger, error) => logger.error('not placed', { error }),
      { error: { status: 503 } },
    ],
    [
      'in the field err',
      'not placed',
      (logger, error) => logger.error('not placed', { err: error }),
      { err: { status: 503 } },
    ],
    ['instead of a message', 'no tea', (logger, error) => logger.error(error), { status: 503 }],
    ['after the message', 'not placed: no tea', (logger, error) => logger.error('not placed:', error), { status: 503 }],
    [
      'after the fields',
      'not placed',
      (logger, error) => logger.error('not placed', { config: 'of the shop' }, error),
      { status: 503, config: 'of the shop' },
    ],
    [
      'after the message of a child logger',
      'not placed: no tea',
      (logger, error) => logger.child({ shop: 'tea' }).error('not placed:', error),
      { status: 503, shop: 'tea' },
    ],
  ])(
    'sends an error %s as an exception, with its causes and plain fields, but no object',
    async (_, body, log, fields) => {
      const [received] = await logged((logger) => log(logger, failed()));
      expect(received).toMatchObject({ body, severity: '17 error' });
      expect(received?.attributes).toEqual({
        ...fields,
        'exception.type': 'ResponseError',
        'exception.message': 'no tea',
        'exception.stacktrace': expect.stringMatching(/^ResponseError: no tea\n[^]*\[cause\]: Error: no water\n/),
      });
    },
  );

  it.each<[string, LoggerOptions, (logger: Logger) => Logger]>([
    ['a child logger', {}, (logger) => logger.child({})],
    ['a format', { format: format.errors({ stack: true, cause: true }) }, (logger) => logger],
  ])('sends an exception although %s has copied it', async (_, options, loggerOf) => {
    const [received] = await logged(
      (logger) => loggerOf(logger).error(new RangeError('no tea', { cause: new Error('no water') })),
      {},
      options,
    );
    expect(received?.attributes).toEqual({
      'exception.type': 'RangeError',
      'exception.message': 'no tea',
      'exception.stacktrace': expect.stringMatching(/^RangeError: no tea\n[^]*\[cause\]: Error: no water\n/),
    });
  });

  it('keeps the trace context that an instrumentation has added', async () => {
    const [received] = await logged((logger) =>
      logger.info('placed', { trace_id: SPAN.traceId, span_id: SPAN.spanId, trace_flags: '01' }),
    );
    expect(received).toMatchObject({ ...SPAN, attributes: {} });
    expect(collector.logRecords()[0]?.logRecord.flags).toBe(1);
  });

  it('takes the span that is active, without any instrumentation', async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    try {
      const [received] = await logged((logger) =>
        context.with(trace.setSpanContext(ROOT_CONTEXT, { ...SPAN, traceFlags: 1 }), () => logger.info('placed')),
      );
      expect(received).toMatchObject(SPAN);
    } finally {
      context.disable();
    }
  });

  it("leaves out what its level or the logger's does not let through", async () => {
    const received = await logged((logger) => logger.info('left out').warn('sent'), { level: 'warn' });
    expect(received.map(({ body }) => body)).toEqual(['sent']);
  });

  describe('if an exception is not caught', () => {
    afterEach(() => void vi.restoreAllMocks());

    /** Calls winston's listener alone, because Vitest has one, too. */
    function crash(loggerOptions: LoggerOptions): { readonly logger: Logger; readonly itemsAtExit: Promise<number> } {
      const itemsAtExit = new Promise<number>((resolve) => {
        vi.spyOn(process, 'exit').mockImplementation((() =>
          resolve(collector.countsOf('logs').items)) as unknown as typeof process.exit);
      });
      const before = process.listeners('uncaughtException');
      // Long after winston's own limit of 3 s.
      const transport = new SpillwayTransport({ handleExceptions: true, scheduledDelayMillis: 60_000 });
      const logger = createLogger({ ...loggerOptions, transports: [transport] });
      const [catcher] = process.listeners('uncaughtException').filter((listener) => !before.includes(listener));
      logger.exceptions.unhandle();
      catcher?.(new RangeError('a crash'), 'uncaughtException');
      return { logger, itemsAtExit };
    }

    it.each<[string, LoggerOptions]>([
      ['by default', {}],
      ['because the application says so', { exitOnError: (error: Error) => error.message === 'a crash' }],
    ])('delivers it before winston ends the process: %s', async (_, options) => {
      expect(await crash(options).itemsAtExit).toBe(1);
      const [received] = collector.logRecords().map(readLog);
      expect(received?.attributes).toMatchObject({ 'exception.type': 'RangeError', 'exception.message': 'a crash' });
    });

    it.each<[string, LoggerOptions]>([
      ['always', { exitOnError: false }],
      ['because the application says so', { exitOnError: () => false }],
    ])('goes on if winston does: %s', async (_, options) => {
      const { logger } = crash(options);
      logger.info('still here');
      logger.end();
      await once(logger, 'finish');
      expect(collector.countsOf('logs').items).toBe(2);
      expect(process.exit).not.toHaveBeenCalled();
    });
  });

  it('counts what it has sent', async () => {
    const transport = new SpillwayTransport();
    const logger = createLogger({ transports: [transport] });
    logger.info('placed');
    logger.end();
    await once(logger, 'finish');
    expect(transport.getMetrics()).toMatchObject({ eventsOffered: 1, eventsFlushed: 1 });
  });

  it.each<[SpillwayTransportOptions, string]>([
    [{ maxQueueSize: -1 }, 'maxQueueSize'],
    [{ severityNumbers: { info: 9, loud: 0 } }, 'severityNumbers.loud must be a whole number of at least 1, got 0'],
    [{ severityNumbers: { loud: 17.5 } }, 'severityNumbers.loud must be a whole number of at least 1, got 17.5'],
    [{ severityNumbers: { loud: 25 } }, 'severityNumbers.loud (25) must not be above FATAL4 (24)'],
  ])('refuses wrong options: %s', (options, message) => {
    expect(() => new SpillwayTransport(options)).toThrow(message);
  });

  it('stores in the spool of the environment what it cannot send', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'spillway-winston-'));
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:9');
    vi.stubEnv('OTEL_LOG_LEVEL', 'none');
    vi.stubEnv('SPILLWAY_SPOOL_DIRECTORY', directory);
    try {
      await logged((logger) => logger.info('placed'), { serviceName: 'shop', drainTimeoutMillis: 200 });
      const left = await listSpool(directory);
      expect(left.flatMap(({ chains }) => chains.map(({ items }) => items))).toEqual([1]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('survives that nobody reads stderr any more', async () => {
    vi.resetModules();
    const fresh = await import('../src/index.ts');
    diag.disable();
    const write = vi.spyOn(process.stderr, 'write').mockImplementation(((
      _line: string,
      done: (error: Error) => void,
    ) => {
      const gone = new Error('EPIPE');
      done(gone);
      // Throws, unless there is a listener.
      process.stderr.emit('error', gone);
      return false;
    }) as typeof process.stderr.write);
    try {
      const transport = new fresh.SpillwayTransport();
      expect(() => diag.error('records are lost')).not.toThrow();
      diag.error('records are lost again');
      expect(write).toHaveBeenCalledOnce();
      transport.close();
    } finally {
      write.mockRestore();
      diag.disable();
    }
  });

  it('sends nothing if OTEL_SDK_DISABLED is true', async () => {
    vi.stubEnv('OTEL_SDK_DISABLED', 'true');
    expect(await logged((logger) => logger.info('placed'))).toEqual([]);
  });

  // Runs the built packages.
  it(
    'delivers every entry when a program has nothing left to do, and says on stderr what is lost without a collector',
    async () => {
      const run = (url: string, env: Readonly<Record<string, string>> = {}) =>
        runProgram(
          new URL('.', import.meta.url),
          ['programs/ends.ts'],
          { OTEL_EXPORTER_OTLP_ENDPOINT: url, ...env },
          PATIENCE_MILLIS,
        );
      expect(await run(collector.url)).toMatchObject({ code: 0, stderr: '' });
      // With those that other listeners of `beforeExit` have logged.
      expect(collector.countsOf('logs').items).toBe(1_002);
      const { code, stderr } = await run('http://127.0.0.1:9', { SPILLWAY_DRAIN_TIMEOUT: '200' });
      expect(code).toBe(0);
      expect(stderr).toContain('shut down with 1002 items undelivered');
    },
    3 * PATIENCE_MILLIS,
  );
});
