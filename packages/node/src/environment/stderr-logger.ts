import { formatWithOptions } from 'node:util';
import type { DiagLogger, DiagLogLevel } from '@opentelemetry/api';
import type { LogLevelName } from '@spillway/config';
import type { ApiModule } from '../sdk/opentelemetry.ts';
import { writeOnStderr } from './stderr-line.ts';

/** What the specification has where `OTEL_LOG_LEVEL` says nothing. */
const DEFAULT_LEVEL: LogLevelName = 'info';

/** What begins so is worth a line to those alone who debug. */
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
 * Lets `diag` speak on stderr, unless the application has given it a logger of its own. Not OpenTelemetry's console
 * logger, which writes information to stdout: that is where a program that knows nothing of us puts its output.
 */
export function speakOnStderr(api: ApiModule, level: LogLevelName = DEFAULT_LEVEL): void {
  const registered = (globalThis as { readonly [GLOBAL_API]?: { readonly diag?: unknown } })[GLOBAL_API];
  if (level === 'none' || registered?.diag !== undefined) return;
  const logLevel = levelOf(level, api);
  api.diag.setLogger(stderrLogger(logLevel >= api.DiagLogLevel.DEBUG), { logLevel, suppressOverrideMessage: true });
}

function levelOf(level: LogLevelName, { DiagLogLevel }: ApiModule): DiagLogLevel {
  return DiagLogLevel[level.toUpperCase() as Uppercase<LogLevelName>];
}

function stderrLogger(isDebugging: boolean): DiagLogger {
  const write = writing('warn');
  const warn = (message: unknown, ...args: unknown[]): void => {
    // Who is not bound by types warns of errors as they are.
    const text = typeof message === 'string' ? message : '';
    if (isDebugging || !OF_NO_USE.some((beginning) => text.startsWith(beginning))) write(message, ...args);
  };
  return { error: writing('error'), warn, info: writing('info'), debug: writing('debug'), verbose: writing('verbose') };
}

function writing(level: string): (...args: unknown[]) => void {
  return (...args) => writeOnStderr(`otel ${level}: ${formatWithOptions({ depth: 3 }, ...args)}`);
}
