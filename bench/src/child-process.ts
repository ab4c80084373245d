import { type ChildProcess, fork, type Serializable, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Variables that would change a variant's defaults or send its requests elsewhere. */
const FOREIGN_VARIABLE = /^(OTEL_|SPILLWAY_|NODE_OPTIONS$|NODE_V8_COVERAGE$)|^(https?|all|no)_proxy$/i;

/** Time for Node's work at the end of a process. For example, a profiler writes its file then. */
const EXIT_MILLIS = 5_000;

/** The environment of every process that is measured. */
export function neutralEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN_VARIABLE.test(name)));
}

/** How {@link converse} runs its program. */
export interface ConversationOptions<Incoming> {
  /**
   * Added to the options of the bench itself, which are passed on so that a profiler's flags reach the measured
   * program.
   */
  readonly nodeOptions?: readonly string[];
  /** Sent to the program with its first message. */
  readonly task: Serializable;
  readonly timeoutMillis: number;
  /** Returns true for the message that ends the conversation. It may throw. */
  readonly onMessage: (message: Incoming) => boolean;
}

/**
 * Runs a program of the bench in its own process. Sends it the task after its first message, and resolves after the
 * message that ends the conversation. Rejects if the process ends without that message or takes too long.
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

/** Resolves when the process has ended, or when its time for that is up. */
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
  /** Default: the bench's own directory. */
  readonly directory?: string;
  /** Added to the neutral environment. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Whether standard error is hidden. */
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
