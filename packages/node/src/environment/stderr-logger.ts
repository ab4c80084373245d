import { formatWithOptions } from 'node:util';
import type { DiagLogFunction, DiagLogger, DiagLogLevel } from '@opentelemetry/api';
import type { LogLevelName } from '@spillway/config';
import type { ApiModule } from '../sdk/opentelemetry.ts';
import { OthersLines } from './others-lines.ts';
import { writeOnStderr } from './stderr-line.ts';

/** If nobody says otherwise: information from Spillway itself, and warnings and errors of others. */
const OWN_LINES_LEVEL = 'info';

/** How every line of ours begins: with our name, or with the class that logs it. */
const OWN_LINE = /^(Spillway|Backpressure\w*Processor|Otlp\w+|OTLP (transport|exporter))\b/;

/** Warnings that begin like this are worth a line only to somebody who debugs. */
const OF_NO_USE: readonly string[] = [
  // The SDK's resource says it each time that it is read, of attributes that detectors have looked for in vain; and
  // detectors of clouds find nothing outside of theirs.
  'dropping invalid resource attribute value',
  // The api tells our logger that the application sets one of its own, which is as it should be. It tells that one as
  // well, and there we have no say.
  'Current logger will be overwritten',
];

/** Under which the api keeps what is registered, in every copy of its first major version. */
const GLOBAL_API = Symbol.for('opentelemetry.js.api.1');

/**
 * Lets `diag` log on stderr, unless the application has given it a logger of its own. Not OpenTelemetry's console
 * logger, which writes information to stdout: that is where a program that knows nothing of us puts its output.
 *
 * Without a level, what others log is kept in bounds: their information is left out, and a warning that they repeat for each
 * request comes once a minute. A level that was asked for is given in full.
 */
export function speakOnStderr(api: ApiModule, level?: LogLevelName): void {
  const registered = (globalThis as { readonly [GLOBAL_API]?: { readonly diag?: unknown } })[GLOBAL_API];
  if (level === 'none' || registered?.diag !== undefined) return;
  const logLevel = levelOf(level ?? OWN_LINES_LEVEL, api);
  const logger = stderrLogger(logLevel >= api.DiagLogLevel.DEBUG);
  api.diag.setLogger(level === undefined ? ownLinesFirst(logger) : logger, { logLevel, suppressOverrideMessage: true });
}

function levelOf(level: LogLevelName, { DiagLogLevel }: ApiModule): DiagLogLevel {
  return DiagLogLevel[level.toUpperCase() as Uppercase<LogLevelName>];
}

function stderrLogger(isDebugging: boolean): DiagLogger {
  const write = writing('warn');
  const warn = (message: unknown, ...args: unknown[]): void => {
    // Code that no types bind warns with an error itself, in the place of a text.
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
