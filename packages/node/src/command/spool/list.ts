import type { SpooledProcess } from '@spillway/spool';
import { chainText, nothingText, processText, sumText } from './described.ts';

/** Prints what is stored, and who has stored it. Changes nothing. @returns the exit code */
export async function list(directory: string, json: boolean, out: NodeJS.WritableStream): Promise<number> {
  const { listSpool } = await import('@spillway/spool');
  const processes = await listSpool(directory);
  out.write(json ? `${JSON.stringify({ directory, processes }, undefined, 2)}\n` : textOf(directory, processes));
  return 0;
}

function textOf(directory: string, processes: readonly SpooledProcess[]): string {
  if (processes.length === 0) return nothingText(directory);
  return [
    ...processes.flatMap((process) => [
      processText(process),
      ...process.chains.map((chain) => `  ${chainText(chain)}`),
      ...unreadableLines(process),
    ]),
    `${sumText(processes)} in ${directory}`,
    '',
  ].join('\n');
}

export function unreadableLines({ chains }: SpooledProcess): readonly string[] {
  return chains.flatMap(({ unreadable }) => unreadable.map((problem) => `  cannot be read: ${problem}`));
}
