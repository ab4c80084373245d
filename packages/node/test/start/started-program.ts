import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { bundle } from '../bundle.ts';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where SDK 3.x is installed. */
const APPLICATION = fileURLToPath(new URL('../../../../test/', import.meta.url));

/** Longer than anything here takes. */
const PATIENCE_MILLIS = 15_000;

const SUPPORT = `
  export { diag, logs, trace } from '@opentelemetry/api';
  export { start } from '@spillway/node';
  export { OtlpSpanExporter } from '@spillway/trace';
`;

/** Programs that call `start`, each a process of its own, on SDK 3.x: made before the tests of a file, removed after them. */
export function useStartedPrograms(): StartedPrograms {
  const programs = new StartedPrograms();
  beforeAll(() => programs.make());
  afterAll(() => programs.remove());
  return programs;
}

class StartedPrograms {
  /** Where they lie; empty until they are made. */
  folder = '';

  async make(): Promise<void> {
    this.folder = await mkdtemp(join(tmpdir(), 'spillway-start-'));
    await bundle(SUPPORT, join(this.folder, 'spillway.mjs'));
  }

  async remove(): Promise<void> {
    if (this.folder !== '') await rm(this.folder, { recursive: true });
  }

  /**
   * Runs a module to its end. It may use `diag`, `logs`, `trace`, `start`, `OtlpSpanExporter` and `application`.
   * @param env all the variables that there are
   */
  async run(program: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const file = join(this.folder, `program-${Date.now()}-${Math.random().toString(36).slice(2)}.mjs`);
    await writeFile(file, `import { diag, logs, OtlpSpanExporter, start, trace } from './spillway.mjs';\nconst application = ${JSON.stringify(APPLICATION)};\n${program}\n`);
    const child = spawn(process.execPath, [file], { cwd: this.folder, env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const kill = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MILLIS);
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    clearTimeout(kill);
    return { code: child.exitCode, stdout, stderr };
  }
}
