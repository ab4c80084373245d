import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Far longer than a program of the examples takes, shorter than any default that would end one which hangs. */
export const PATIENCE_MILLIS = 8_000;

export interface EndedProgram {
  /** `null` for one that a signal has ended. */
  readonly code: number | null;
  /** `SIGTERM` also for one that `runProgram` had to kill. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end, as its README says.
 *
 * @param folder the example's
 * @param env all the variables there are: a test must not depend on those of whoever runs it
 */
export function runProgram(folder: URL, args: readonly string[], env: Readonly<Record<string, string>>): Promise<EndedProgram> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { cwd: fileURLToPath(folder), env, timeout: PATIENCE_MILLIS }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr }),
    );
  });
}
