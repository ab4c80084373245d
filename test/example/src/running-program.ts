import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type EndedProgram, PATIENCE_MILLIS } from './run-program.ts';

/**
 * Starts a program that runs until it is told to end, as its README says.
 *
 * @param folder of the example
 * @param env the whole environment, because a test must not depend on the environment of the person who runs it
 */
export function startProgram(
  folder: URL,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): RunningProgram {
  return new RunningProgram(
    spawn(process.execPath, args, { cwd: fileURLToPath(folder), env, stdio: ['ignore', 'pipe', 'pipe'] }),
  );
}

/** A running program. It is killed if it outlives the test. */
export class RunningProgram implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #heard = { stdout: '', stderr: '' };
  readonly #listeners = new Set<() => void>();
  readonly #ended: Promise<EndedProgram>;

  constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.setEncoding('utf8').on('data', (text: string) => {
        this.#heard[stream] += text;
        for (const listen of this.#listeners) listen();
      });
    }
    this.#ended = new Promise((resolve) =>
      child.once('close', (code, signal) => resolve({ code, signal, ...this.#heard })),
    );
  }

  /** Resolves with the first group of the pattern once stdout matches. @throws Error if the program ends before that */
  async said(pattern: RegExp): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const listen = (): void => {
      const found = pattern.exec(this.#heard.stdout);
      if (found !== null) resolve(found[1] ?? found[0]);
    };
    this.#listeners.add(listen);
    listen();
    const early = this.#ended.then(({ code, signal, stderr }) => {
      throw new Error(`it ended with ${signal ?? code} before it said ${pattern}: ${stderr}`);
    });
    return Promise.race([promise, early]).finally(() => this.#listeners.delete(listen));
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends the signal, and resolves when the program is gone. A program that does not end is killed with SIGKILL. */
  async end(signal: NodeJS.Signals): Promise<EndedProgram> {
    this.kill(signal);
    const timer = setTimeout(() => this.kill('SIGKILL'), PATIENCE_MILLIS);
    return this.#ended.finally(() => clearTimeout(timer));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill('SIGKILL');
    await this.#ended;
  }
}
