import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeAll } from 'vitest';
import { bundle } from '../bundle.ts';
import { type TemporaryFolder, useTemporaryFolder } from '../temporary-folder.ts';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The folder in which SDK 3.x is installed. */
const APPLICATION = fileURLToPath(new URL('../../../../test/', import.meta.url));

/** Longer than any of these programs takes. */
const PATIENCE_MILLIS = 15_000;

const SUPPORT = `
  export { context, diag, logs, metrics, propagation, trace } from '@opentelemetry/api';
  export { start } from '@spillway/node';
  export { Spool } from '@spillway/spool';
  export { OtlpSpanExporter } from '@spillway/trace';
`;

/** For the tests of a file: programs that call `start` on SDK 3.x, each in its own process. */
export function useStartedPrograms(): StartedPrograms {
  const folder = useTemporaryFolder();
  beforeAll(() => bundle(SUPPORT, folder.path('spillway.mjs')));
  return new StartedPrograms(folder);
}

class StartedPrograms {
  readonly #folder: TemporaryFolder;

  constructor(folder: TemporaryFolder) {
    this.#folder = folder;
  }

  /**
   * Runs a module to its end. It may use `context`, `diag`, `logs`, `metrics`, `propagation`, `trace`, `start`, `OtlpSpanExporter`, `Spool` and `application`.
   * @param env all variables of the program
   */
  async run(program: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return this.runFile(this.file(program), env);
  }

  /** The file of such a program, for tests that run it themselves. */
  file(program: string): string {
    const name = `program-${Date.now()}-${Math.random().toString(36).slice(2)}.mjs`;
    return this.#folder.file(
      name,
      `import { context, diag, logs, metrics, OtlpSpanExporter, propagation, Spool, start, trace } from './spillway.mjs';\nconst application = ${JSON.stringify(APPLICATION)};\n${program}\n`,
    );
  }

  /** Runs a program that does not need this support. */
  async runFile(file: string, env: Readonly<Record<string, string>>): Promise<Ended> {
    const child = spawn(process.execPath, [file], {
      cwd: dirname(file),
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const kill = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MILLIS);
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    clearTimeout(kill);
    return { code: child.exitCode, stdout, stderr };
  }
}
