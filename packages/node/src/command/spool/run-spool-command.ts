import { resolve } from 'node:path';
import { settingsOfProcess, valueOf, Warnings } from '../process-settings.ts';
import { list } from './list.ts';
import { purge } from './purge.ts';
import { replay } from './replay.ts';
import { verify } from './verify.ts';

/** What follows `spool` on the command line. */
export interface SpoolCommand {
  readonly words: readonly string[];
  readonly json: boolean;
  readonly isConfirmed: boolean;
  readonly timeoutMillis: number | undefined;
}

const COMMANDS = ['list', 'verify', 'replay', 'purge'] as const;

/**
 * Runs a command about a spool. None of them touches files of a process that is running.
 * @returns the exit code, or what is wrong with the command line
 */
export async function runSpoolCommand(
  { words, json, isConfirmed, timeoutMillis }: SpoolCommand,
  out: NodeJS.WritableStream,
  err: NodeJS.WritableStream,
): Promise<number | { readonly problem: string }> {
  const [name, given, ...others] = words;
  const command = COMMANDS.find((known) => known === name);
  if (command === undefined) {
    const what = name === undefined ? 'spool needs a command' : `There is no command spool ${JSON.stringify(name)}`;
    return { problem: `${what}: ${COMMANDS.join(', ')}.` };
  }
  if (others.length > 0) return { problem: `${JSON.stringify(others[0])} is one argument too many.` };
  if (timeoutMillis !== undefined && command !== 'replay')
    return { problem: `spool ${command} sends nothing, so it takes no --timeout.` };
  if (isConfirmed && command !== 'purge')
    return { problem: `spool ${command} removes nothing unsent, so it takes no --yes.` };
  const warnings = new Warnings();
  const settings = settingsOfProcess(warnings);
  const directory = given ?? (valueOf(settings.registration, 'spoolDirectory') as string | undefined);
  if (directory === undefined || directory === '')
    return { problem: 'A directory is missing: give it, or set SPILLWAY_SPOOL_DIRECTORY.' };
  try {
    return await {
      list: async (path: string) => list(path, json, out),
      verify: async (path: string) => verify(path, json, out),
      replay: async (path: string) => replay(path, { json, timeoutMillis, settings, warnings }, out, err),
      purge: async (path: string) => purge(path, { json, isConfirmed }, out),
    }[command](resolve(directory));
  } catch (error) {
    err.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
