/** Environment variables by name, as `process.env` holds them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Is told, in one line, of a variable that was ignored. Wire it to OpenTelemetry's `diag.warn`. */
export type Warn = (message: string) => void;

/** For readers to whom nobody listens. */
export const SILENT: Warn = () => {};

/**
 * The environment of this process: `process.env` in Node, Deno and Bun, and no variables at all where there is no
 * process (browsers, workers). The one place where this package touches a global of its host.
 */
export function processEnvironment(): Environment {
  return (globalThis as { readonly process?: { readonly env?: Environment } }).process?.env ?? {};
}

const saidOfProcess = new Set<string>();

/**
 * Says each thing about the environment of the process once: every processor and exporter reads the same variables, and
 * a mistake in one of them is one mistake. Of any other record of variables everything is said every time.
 */
export function onceForProcess(env: Environment, warn: Warn): Warn {
  // What nobody heard has not been said.
  if (warn === SILENT || env !== processEnvironment()) return warn;
  return (message) => {
    if (saidOfProcess.has(message)) return;
    saidOfProcess.add(message);
    warn(message);
  };
}
