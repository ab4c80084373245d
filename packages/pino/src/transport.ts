import { writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import type { Transform } from 'node:stream';
import { workerData } from 'node:worker_threads';
import { StandaloneLogger } from '@spillway/logs/standalone';
import build from 'pino-abstract-transport';
import { DEFAULT_CONFIG, logRecordOf, type PinoConfig } from './log-record.ts';
import { drainTimeoutOf, type PinoTransportOptions, spoolOf } from './transport-options.ts';

const SCOPE = { name: '@spillway/pino' };
const STDERR = 2;

/**
 * The target of a transport of pino: `pino({ transport: { target: '@spillway/pino', options } })`. It runs in a thread of
 * its own, and gets the lines that pino writes.
 *
 * @throws RangeError or TypeError that names option and value
 */
export async function createTransport(options: PinoTransportOptions = {}): Promise<Transform> {
  const { spool, drainTimeoutMillis, ...loggerOptions } = options;
  const facts = { pid: process.pid, hostname: hostname() };
  const logger = new StandaloneLogger(
    { ...loggerOptions, drainTimeoutMillis: drainTimeoutOf(drainTimeoutMillis) },
    {
      scope: SCOPE,
      detected: {
        'service.name': `unknown_service:${basename(process.execPath)}`,
        'host.name': facts.hostname,
        'process.pid': facts.pid,
      },
      writeLine,
      openSpool: (service, environment) => spoolOf(spool, service, environment),
    },
  );
  const exportLines = (source: Transform & Partial<PinoConfig>): void => {
    const config = isConfigured() ? configOf(source) : DEFAULT_CONFIG;
    source.on('data', (line: Readonly<Record<string, unknown>>) => logger.emit(logRecordOf(line, config, facts)));
    // Not JSON, so a line that something else has written. It is not lost.
    source.on('unknown', (line: string) => logger.emit({ body: line, attributes: {} }));
  };
  const close = (): Promise<void> => logger.shutdown();
  return isConfigured() ? build(exportLines, { close, expectPinoConfig: true }) : build(exportLines, { close });
}

/** Whether pino tells about the logger. It does so in its thread, and not if the stream was made by the application. */
function isConfigured(): boolean {
  return (
    (workerData as { readonly workerData?: { readonly pinoWillSendConfig?: boolean } } | null)?.workerData
      ?.pinoWillSendConfig === true
  );
}

function configOf({
  levels = DEFAULT_CONFIG.levels,
  messageKey = DEFAULT_CONFIG.messageKey,
  errorKey = DEFAULT_CONFIG.errorKey,
}: Partial<PinoConfig>): PinoConfig {
  return { levels, messageKey, errorKey };
}

/** Synchronously, because the main thread waits at the end of the process, and would not write what a thread passes to it. */
function writeLine(line: string): void {
  try {
    writeSync(STDERR, `${line}\n`);
  } catch {
    // Nobody reads it.
  }
}
