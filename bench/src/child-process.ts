import { type ChildProcess, fork, type Serializable, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Variables that would change what a variant's defaults are, or send its requests elsewhere. */
const FOREIGN_VARIABLE = /^(OTEL_|SPILLWAY_|NODE_OPTIONS$|NODE_V8_COVERAGE$)|^(https?|all|no)_proxy$/i;

/** For what Node does at the end of a process: a profiler writes its file then. */
const EXIT_MILLIS = 5_000;

/** The environment of every process that is measured. */
export function neutralEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN_VARIABLE.test(name)));
}

/** How {@link converse} runs its program. */
export interface ConversationOptions<Incoming> {
  /** Beside those that the bench itself was started with, so that a profiler's flags reach what is measured. */
  readonly nodeOptions?: readonly string[];
  /** Sent to the program with its first message. */
  readonly task: Serializable;
  readonly timeoutMillis: number;
  /** Returns true for the message that ends the conversation. It may throw. */
  readonly onMessage: (message: Incoming) => boolean;
}

/**
 * Runs a program of the bench in a process of its own: sends it its task when it has said its first word, and resolves
 * with the message that ended the conversation. Rejects when the process ends without one or takes too long.
 */
export async function converse<Incoming>(program: URL, options: ConversationOptions<Incoming>): Promise<void> {
  const execArgv = [...process.execArgv, ...(options.nodeOptions ?? [])];
  const child = fork(program, { execArgv, env: neutralEnvironment() });
  try {
    await new Promise<void>((resolve, reject) => {
      const name = fileURLToPath(program);
      const timer = setTimeout(() => {
        reject(new Error(`${name} took longer than ${options.timeoutMillis} ms`));
      }, options.timeoutMillis);
      timer.unref();
      let tasked = false;
      child.on('message', (message: Incoming) => {
        try {
          if (!tasked) child.send(options.task);
          tasked = true;
          if (options.onMessage(message)) resolve();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
      child.on('error', reject);
      child.on('exit', (code, signal) => {
        reject(new Error(`${name} ended early (${signal ?? `exit code ${code}`})`));
      });
    });
    await endOf(child);
  } finally {
    child.kill('SIGKILL');
  }
}

/** Resolves when the process has ended, or when it has had the time for it. */
async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, EXIT_MILLIS);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Where and how {@link printedBy} runs its program. */
export interface Surroundings {
  /** Default: that of the bench. */
  readonly directory?: string;
  /** Beside the neutral environment. */
  readonly variables?: Readonly<Record<string, string>>;
  /** What goes to standard error is not shown. */
  readonly isQuiet?: boolean;
}

/** Runs a program that prints its result, and returns what it printed. */
export async function printedBy(
  program: URL,
  args: readonly string[],
  timeoutMillis: number,
  nodeOptions: readonly string[] = [],
  { directory, variables, isQuiet = false }: Surroundings = {},
): Promise<string> {
  const child = spawn(process.execPath, [...nodeOptions, fileURLToPath(program), ...args], {
    cwd: directory,
    env: { ...neutralEnvironment(), ...variables },
    stdio: ['ignore', 'pipe', isQuiet ? 'ignore' : 'inherit'],
    timeout: timeoutMillis,
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  const code = await new Promise<number | string | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode, signal) => resolve(signal ?? exitCode));
  });
  if (code !== 0) throw new Error(`${fileURLToPath(program)} ended with ${code}`);
  return printed;
}
