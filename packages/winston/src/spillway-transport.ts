import { hostname } from 'node:os';
import { basename } from 'node:path';
import { context, trace } from '@opentelemetry/api';
import { type SdkEnvironment, spoolSettingsOf } from '@spillway/config';
import { StandaloneLogger, type StandaloneLoggerOptions, writeOnStderr } from '@spillway/logs/standalone';
import { hrTimeOf } from '@spillway/otlp/encoding';
import type { ProcessorMetrics, RequestSpool } from '@spillway/pipeline';
import { Spool } from '@spillway/spool';
import { startTimer, wallTime } from '@spillway/backpressure';
import Transport from 'winston-transport';
import { logRecordOf, type WinstonInfo } from './log-record.ts';
import { checkSeverityNumbers } from './severity.ts';

/** Options of {@link SpillwayTransport}: those of winston's transports, of the log record processor, and of its exporter. */
export interface SpillwayTransportOptions
  extends
    StandaloneLoggerOptions,
    Pick<Transport.TransportStreamOptions, 'format' | 'handleExceptions' | 'handleRejections' | 'level' | 'silent'> {
  /** Severities of levels of your own, by name: 1 (TRACE) to 24 (FATAL4). */
  readonly severityNumbers?: Readonly<Record<string, number>> | undefined;
}

/** What winston writes into its transports, and its types leave out. */
interface MarksOfWinston {
  /** Set before the entry of an uncaught exception, for whose `finish` winston waits. */
  readonly _ending?: boolean;
  /** The logger. */
  readonly parent?: { readonly exitOnError?: unknown } | null;
}

const SCOPE = { name: '@spillway/winston' };

/**
 * Exports the entries of a logger of winston. `logger.end()` exports what is left, and the logger emits `finish` when
 * that is done. The end of a program does the same.
 */
export class SpillwayTransport extends Transport {
  readonly #logger: StandaloneLogger;
  readonly #severityNumbers: Readonly<Record<string, number>> | undefined;
  /**
   * Other listeners of `beforeExit` may log, also after something that they await. When that is done, the event comes
   * again, because the timer lets the event loop turn once more.
   */
  readonly #onBeforeExit = (): void => {
    process.once('beforeExit', this.#onLastBeforeExit);
    startTimer(() => {}, 0, true);
  };
  readonly #onLastBeforeExit = (): void => void this.#shutdown();

  /** @throws RangeError or TypeError that names option and value */
  constructor(options: SpillwayTransportOptions = {}) {
    const { format, handleExceptions, handleRejections, level, silent, severityNumbers, ...loggerOptions } = options;
    // Its types admit no `undefined`, which means the same to it as nothing.
    super({ format, handleExceptions, handleRejections, level, silent } as Transport.TransportStreamOptions);
    if (severityNumbers !== undefined) checkSeverityNumbers(severityNumbers);
    this.#severityNumbers = severityNumbers;
    this.#logger = new StandaloneLogger(loggerOptions, {
      scope: SCOPE,
      detected: {
        'service.name': `unknown_service:${basename(process.execPath)}`,
        'host.name': hostname(),
        'process.pid': process.pid,
      },
      writeLine: writeOnStderr,
      openSpool: spoolOfEnvironment,
    });
    process.once('beforeExit', this.#onBeforeExit);
  }

  /** Called by winston for each entry. */
  override log(info: WinstonInfo, next: () => void): void {
    const active = context.active();
    const record = logRecordOf(info, this.#severityNumbers);
    this.#logger.emit(
      { ...record, time: hrTimeOf(wallTime()), spanContext: record.spanContext ?? trace.getSpanContext(active) },
      active,
    );
    this.emit('logged', info);
    next();
    if (this.#isLast(info)) void this.#finish(() => this.emit('finish'));
  }

  /** Called by winston when the transport is removed from its logger, which does not wait. */
  override close(): void {
    void this.#shutdown();
  }

  /** Called at the end of the stream. `finish` is emitted afterwards. */
  override _final(done: () => void): void {
    void this.#finish(done);
  }

  /** State, counters and sizes at this moment; `undefined` if `OTEL_SDK_DISABLED` is `true`. */
  getMetrics(): ProcessorMetrics | undefined {
    return this.#logger.getMetrics();
  }

  /** Whether winston ends the process because of this entry, as soon as its transports emit `finish`. */
  #isLast({ exception, rejection, error }: WinstonInfo): boolean {
    if (exception !== true && rejection !== true) return false;
    const { _ending: isAwaited, parent } = this as MarksOfWinston;
    const exitOnError = parent?.exitOnError;
    return isAwaited === true && Boolean(typeof exitOnError === 'function' ? exitOnError(error) : exitOnError);
  }

  async #finish(done: () => void): Promise<void> {
    await this.#shutdown();
    done();
  }

  #shutdown(): Promise<void> {
    process.off('beforeExit', this.#onBeforeExit);
    process.off('beforeExit', this.#onLastBeforeExit);
    return this.#logger.shutdown();
  }
}

function spoolOfEnvironment(service: string, environment: SdkEnvironment): RequestSpool | undefined {
  const settings = spoolSettingsOf(environment);
  return settings && new Spool({ ...settings, service });
}
