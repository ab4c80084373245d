import { type Context, context, createContextKey, diag, ROOT_CONTEXT } from '@opentelemetry/api';
import { createScope } from '#scope';

/**
 * The key that tells OpenTelemetry's instrumentations to ignore a call. It is part of `@opentelemetry/core`, whose
 * copies share it by this name, because `createContextKey` uses `Symbol.for`. So it can be used here without depending
 * on that package, in both SDK lines.
 */
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/**
 * Marks the work of exports. It is a separate key, because an application may suppress the tracing of its own work, for
 * example of a health check, and records that it logs there must not be taken for Spillway's.
 */
const EXPORTING = createContextKey('spillway.exporting');

/** Not derived from the active context: an export has nothing to do with the request in which its timer was set. */
const WITHIN_EXPORT: Context = ROOT_CONTEXT.setValue(SUPPRESS_TRACING, true).setValue(EXPORTING, true);

/** For applications without a context manager, in which no context is ever active. */
const scope = createScope();

/**
 * Runs the work of an export without tracing, because otherwise it would export its own traces for ever.
 * {@link isWithinExport} recognises the records that it logs.
 */
export function withinExport<T>(run: () => T): T {
  return scope.run(() => context.with(WITHIN_EXPORT, run));
}

/**
 * Whether the caller runs as part of an export. If its log records were exported, that would log again, for ever.
 * @param active the context that the caller was given, if any
 */
export function isWithinExport(active: Context | undefined): boolean {
  return scope.isActive || active?.getValue(EXPORTING) === true;
}

/**
 * `diag` for Spillway's own messages: an application may have connected it to the logs SDK, whose records then come
 * back to the pipeline that logged them. Never throws, because the logger behind it belongs to the application, and
 * some lines are logged from timers and hooks.
 */
export const ownDiag = {
  error: (message: string): void => log((text) => diag.error(text), message),
  warn: (message: string): void => log((text) => diag.warn(text), message),
  info: (message: string): void => log((text) => diag.info(text), message),
  debug: (message: string): void => log((text) => diag.debug(text), message),
};

function log(write: (text: string) => void, message: string): void {
  try {
    withinExport(() => write(message));
  } catch {
    // There is nowhere better to complain about a logger.
  }
}
