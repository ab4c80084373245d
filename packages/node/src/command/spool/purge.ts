import type { SpooledProcess } from '@spillway/spool';
import { nothingText, processesText, processText, sumText } from './described.ts';

export interface PurgeCommand {
  readonly json: boolean;
  /** The user has said that it may really be removed. */
  readonly isConfirmed: boolean;
}

/**
 * Removes, unsent, what processes have left that have ended. Without confirmation, only says what that is.
 * @returns the exit code: 1 if the confirmation is missing, and there is something
 */
export async function purge(
  directory: string,
  { json, isConfirmed }: PurgeCommand,
  out: NodeJS.WritableStream,
): Promise<number> {
  const { listSpool, purgeSpool } = await import('@spillway/spool');
  if (!isConfirmed) {
    const processes = await listSpool(directory);
    const wanted = processes.filter(({ owner: { state } }) => state === 'ended' || state === 'released');
    const kept = processes.filter((process) => !wanted.includes(process));
    if (processes.length === 0 && !json) out.write(nothingText(directory));
    else
      out.write(
        json
          ? `${JSON.stringify({ directory, isRemoved: false, wouldRemove: wanted, wouldKeep: kept }, undefined, 2)}\n`
          : [
              `This would remove ${sumText(wanted)} of ${processesText(wanted.length)}, unsent. Nothing was removed: add --yes to remove it.`,
              ...keptLines(kept),
              '',
            ].join('\n'),
      );
    return processes.length === 0 ? 0 : 1;
  }
  const { removed, kept, removedFiles } = await purgeSpool(directory);
  const aside = removedFiles === 0 ? '' : `, and ${removedFiles} files that had been set aside`;
  out.write(
    json
      ? `${JSON.stringify({ directory, isRemoved: true, removed, kept, removedFiles }, undefined, 2)}\n`
      : [`Removed ${sumText(removed)} of ${processesText(removed.length)}${aside}.`, ...keptLines(kept), ''].join('\n'),
  );
  return 0;
}

function keptLines(kept: readonly SpooledProcess[]): readonly string[] {
  return kept.map((process) => `  kept: ${processText(process)}: ${sumText([process])}`);
}
