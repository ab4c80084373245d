import { formatWithOptions } from 'node:util';
import type { DiagLogFunction, DiagLogger, DiagLogLevel } from '@opentelemetry/api';
import type { LogLevelName } from '@spillway/config';
import { hasDiagLogger, writeOnStderr } from '@spillway/logs/standalone';
import type { ApiModule } from '../sdk/sdk-module-types.ts';
import { OthersLines } from './others-lines.ts';

/** The default: information from Spillway itself, and warnings and errors of other packages. */
const OWN_LINES_LEVEL = 'info';

/** Each of our own lines begins with our name, with the class that logs it, or with the path of the spool. */
const OWN_LINE = /^(?:(?:Spillway|Backpressure\w+|Otlp\w+|OTLP (?:transport|exporter))\b|spool (?:\/|[A-Za-z]:\\))/;

/** Warnings with these beginnings are logged only while debugging. */
const OF_NO_USE: readonly string[] = [
  // The SDK's resource logs this on every read, for each attribute that a detector did not find. Cloud detectors find
  // nothing outside their own cloud.
  'dropping invalid resource attribute value',
  // The api logs this through our logger when the application sets its own, which is fine. The api logs it through the
  // new logger as well, which we cannot prevent.
  'Current logger will be overwritten',
];

/**
 * Makes `diag` log on stderr, unless the application has given it a logger of its own. OpenTelemetry's console logger
 * is not used, because it writes information to stdout, where the application puts its output.
 *
 * Without a level, the lines of other packages are limited: their information is left out, and a warning that they
 * repeat for each request is logged once a minute. If a level is set, every line of that level is logged.
 */
export function speakOnStderr(api: ApiModule, level?: LogLevelName): void {
  if (level === 'none' || hasDiagLogger()) return;
  const logLevel = levelOf(level ?? OWN_LINES_LEVEL, api);
  const logger = stderrLogger(logLevel >= api.DiagLogLevel.DEBUG);
  api.diag.setLogger(level === undefined ? ownLinesFirst(logger) : logger, { logLevel });
}

function levelOf(level: LogLevelName, { DiagLogLevel }: ApiModule): DiagLogLevel {
  return DiagLogLevel[level.toUpperCase() as Uppercase<LogLevelName>];
}

function stderrLogger(isDebugging: boolean): DiagLogger {
  const write = writing('warn');
  const warn = (message: unknown, ...args: unknown[]): void => {
    // Code that is not type-checked may log an error itself instead of a text.
    const text = typeof message === 'string' ? message : '';
    if (isDebugging || !OF_NO_USE.some((beginning) => text.startsWith(beginning))) write(message, ...args);
  };
  return { error: writing('error'), warn, info: writing('info'), debug: writing('debug'), verbose: writing('verbose') };
}

function ownLinesFirst(logger: DiagLogger): DiagLogger {
  const others = new OthersLines();
  const ofOthers =
    (log: DiagLogFunction): DiagLogFunction =>
    (message, ...args) => {
      if (isOwnLine(message)) return log(message, ...args);
      others.log(message, args, log);
    };
  return {
    ...logger,
    error: ofOthers(logger.error),
    warn: ofOthers(logger.warn),
    info: (message, ...args) => (isOwnLine(message) ? logger.info(message, ...args) : undefined),
  };
}

function isOwnLine(message: unknown): boolean {
  return typeof message === 'string' && OWN_LINE.test(message);
}

function writing(level: string): (...args: unknown[]) => void {
  return (...args) => writeOnStderr(`otel ${level}: ${formatWithOptions({ depth: 3 }, ...args)}`);
}
