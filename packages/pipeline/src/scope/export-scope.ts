import { type Context, context, createContextKey, diag, ROOT_CONTEXT } from '@opentelemetry/api';
import { createScope } from '#scope';

/**
 * The key by which OpenTelemetry's instrumentations are told to leave a call alone. It is part of
 * `@opentelemetry/core`, whose copies find each other by this very name, since `createContextKey` takes
 * `Symbol.for` of it; so it can be named here without depending on that package, in both SDK lines.
 */
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/**
 * Marks what exports do. A key of our own, because an application may suppress the tracing of its own work, a health
 * check say, and what it logs there must not be taken for ours.
 */
const EXPORTING = createContextKey('spillway.exporting');

/** Not derived from the active context: an export has nothing to do with the request in which its timer was set. */
const WITHIN_EXPORT: Context = ROOT_CONTEXT.setValue(SUPPRESS_TRACING, true).setValue(EXPORTING, true);

/** For applications without a context manager, in which no context is ever active. */
const scope = createScope();

/**
 * Runs what would otherwise be traced, and would then export its own traces for ever. What it logs is recognised by
 * {@link isWithinExport}.
 */
export function withinExport<T>(run: () => T): T {
  return scope.run(() => context.with(WITHIN_EXPORT, run));
}

/**
 * Whether the caller runs on behalf of an export: what it logs would be exported, and log again, for ever.
 * @param active the context that the caller was given, where it was given one
 */
export function isWithinExport(active: Context | undefined): boolean {
  return scope.isActive || active?.getValue(EXPORTING) === true;
}

/**
 * `diag`, for what Spillway says of itself: an application may have wired it to the logs SDK, whose records come back
 * to the pipeline that spoke. Never throws, because the logger behind it is the application's, and some lines are logged
 * from timers and hooks.
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
