/** Environment variables by name, as `process.env` holds them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Is told, in one line, of a variable that was ignored. Wire it to OpenTelemetry's `diag.warn`. */
export type Warn = (message: string) => void;

/**
 * The environment of this process: `process.env` in Node, Deno and Bun, and no variables at all where there is no
 * process (browsers, workers). The one place where this package touches a global of its host.
 */
export function processEnvironment(): Environment {
  return (globalThis as { readonly process?: { readonly env?: Environment } }).process?.env ?? {};
}
