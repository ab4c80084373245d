import { diag, type DiagLogger, DiagLogLevel } from '@opentelemetry/api';
import type { LogLevelName } from '@spillway/config';

/** The key of everything that is registered with the api, the same in every copy of its first major version. */
const GLOBAL_API = Symbol.for('opentelemetry.js.api.1');

/** Whether the application, or anybody else, has given `diag` a logger. */
export function hasDiagLogger(): boolean {
  const registered = (globalThis as { readonly [GLOBAL_API]?: { readonly diag?: unknown } })[GLOBAL_API];
  return registered?.diag !== undefined;
}

/**
 * Makes `diag` write lines, unless the application has given it a logger of its own. Without this, a process that has no
 * other part of OpenTelemetry would not be told of lost records.
 */
export function logOnStderr(writeLine: (line: string) => void, level: LogLevelName): void {
  if (level === 'none' || hasDiagLogger()) return;
  const logger = Object.fromEntries(
    (['error', 'warn', 'info', 'debug', 'verbose'] as const).map((name) => [
      name,
      (message: string, ...args: unknown[]) =>
        writeLine(`otel ${name}: ${[message, ...args].map((part) => textOf(part)).join(' ')}`),
    ]),
  ) as unknown as DiagLogger;
  diag.setLogger(logger, { logLevel: DiagLogLevel[level.toUpperCase() as Uppercase<LogLevelName>] });
}

function textOf(part: unknown): string {
  return part instanceof Error ? (part.stack ?? part.message) : String(part);
}
