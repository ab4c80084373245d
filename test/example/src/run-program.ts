import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Far longer than an example takes, but shorter than any default that would end a program that hangs. */
export const PATIENCE_MILLIS = 8_000;

export interface EndedProgram {
  /** `null` if a signal ended the program. */
  readonly code: number | null;
  /** Also `SIGTERM` if `runProgram` had to kill the program. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end, as its README says.
 *
 * @param folder of the example
 * @param env the whole environment, because a test must not depend on the environment of the person who runs it
 * @param patienceMillis after which it is killed
 */
export function runProgram(
  folder: URL,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  patienceMillis: number = PATIENCE_MILLIS,
): Promise<EndedProgram> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      args,
      { cwd: fileURLToPath(folder), env, timeout: patienceMillis },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr }),
    );
  });
}
