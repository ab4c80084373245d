import { type Context, context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';

/**
 * The key by which OpenTelemetry's instrumentations are told to leave a call alone. It is part of
 * `@opentelemetry/core`, whose copies find each other by this very name, since `createContextKey` takes
 * `Symbol.for` of it; so it can be named here without depending on that package, in both SDK lines.
 */
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** Not derived from the active context: an export has nothing to do with the request in which its timer was set. */
const SUPPRESSED: Context = ROOT_CONTEXT.setValue(SUPPRESS_TRACING, true);

/** Runs what would otherwise be traced, and would then export its own traces for ever. */
export function withTracingSuppressed<T>(run: () => T): T {
  return context.with(SUPPRESSED, run);
}
