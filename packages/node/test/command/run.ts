import { text } from 'node:stream/consumers';
import { PassThrough } from 'node:stream';
import { vi } from 'vitest';
import { runCommand } from '../../src/command/run-command.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Takes the place of secrets, and must never be printed. */
export const SECRET = 's3cret-of-this-test';

/** Runs a command with these variables, and without others that are set. */
export async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  for (const name of Object.keys(process.env)) if (/^(OTEL|SPILLWAY)_|_PROXY$/i.test(name)) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const out = new PassThrough();
  const err = new PassThrough();
  try {
    const code = await runCommand(args, out, err);
    out.end();
    err.end();
    return { code, out: await text(out), err: await text(err) };
  } finally {
    vi.unstubAllEnvs();
  }
}
