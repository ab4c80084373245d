/** Environment variables by name, as `process.env` holds them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Called with one line for each variable that is ignored. Wire it to OpenTelemetry's `diag.warn`. */
export type Warn = (message: string) => void;

/** Discards warnings. */
export const SILENT: Warn = () => {};

/**
 * The environment of this process: `process.env` in Node, Deno and Bun; no variables in browsers and workers, which
 * have no process. No other function of this package touches a global of its host.
 */
export function processEnvironment(): Environment {
  return replacement ?? (globalThis as { readonly process?: { readonly env?: Environment } }).process?.env ?? {};
}

let replacement: Environment | undefined;

/**
 * Runs code for which other variables take the place of those of the process, such as the constructor of a processor
 * that a configuration file describes. What runs later sees the variables of the process again.
 */
export function withEnvironment<T>(env: Environment, run: () => T): T {
  const before = replacement;
  replacement = env;
  try {
    return run();
  } finally {
    replacement = before;
  }
}

const saidOfProcess = new Set<string>();

/**
 * Gives each warning about the environment of the process once, because every processor and exporter reads the same
 * variables. Warnings about any other record of variables are given every time.
 */
export function onceForProcess(env: Environment, warn: Warn): Warn {
  // A warning that went to SILENT was not seen, so it must not count as given.
  if (warn === SILENT || env !== processEnvironment()) return warn;
  return (message) => {
    if (saidOfProcess.has(message)) return;
    saidOfProcess.add(message);
    warn(message);
  };
}
