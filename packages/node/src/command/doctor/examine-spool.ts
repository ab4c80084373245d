import { existsSync, readlinkSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { byteText } from '../byte-text.ts';
import { processesText, sumText } from '../spool/described.ts';
import { fileSystemHint, freeBytes } from './file-system-facts.ts';
import { tryFolder } from './try-folder.ts';

/** Whether a spool can be used here. */
export interface SpoolExamination {
  readonly directory: string;
  readonly isOk: boolean;
  /** Sentences without full stops: what was found, or the problem and what to do about it. */
  readonly found: readonly string[];
  /** Sentences without full stops: what works, and may surprise. */
  readonly warnings: readonly string[];
}

/**
 * Checks the folder of the spool: whether this user can write there, whether there is room, and what lies in it. Leaves
 * nothing behind.
 */
export async function examineSpool(given: string, maxBytes: number): Promise<SpoolExamination> {
  const directory = resolve(given);
  try {
    const existing = nearestFolder(directory);
    await tryFolder(existing);
    const { listSpool } = await import('@spillway/spool');
    const processes = await listSpool(directory);
    const used = processes.flatMap(({ chains }) => chains).reduce((sum, { bytes }) => sum + bytes, 0);
    return {
      directory,
      isOk: true,
      found: [
        existing === directory ? 'it can be written' : `it does not exist yet, and can be made in ${existing}`,
        processes.length === 0
          ? 'nothing is stored in it'
          : `${sumText(processes)} of ${processesText(processes.length)} are stored in it: npx @spillway/node spool list shows them`,
      ],
      warnings: [
        ...roomWarnings(freeBytes(existing), used, maxBytes),
        ...(existing === directory ? accessWarnings(directory) : []),
        ...fileSystemHint(existing),
      ],
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { directory, isOk: false, found: [`${why}. Items would be kept in memory only`], warnings: [] };
  }
}

/** The folder itself, or the one above it that exists. @throws Error if a part of the path is a file, or a link to nothing */
function nearestFolder(path: string): string {
  if (!existsSync(path)) {
    const target = targetOf(path);
    if (target === undefined) return nearestFolder(dirname(path));
    throw new Error(
      `${path} is a symbolic link to ${target}, which does not exist: make that folder, or remove the link`,
    );
  }
  if (!statSync(path).isDirectory()) throw new Error(`${path} is not a folder`);
  return path;
}

/** @returns `undefined` if it is no symbolic link */
function targetOf(path: string): string | undefined {
  try {
    return resolve(dirname(path), readlinkSync(path));
  } catch {
    return undefined;
  }
}

function roomWarnings(free: number, used: number, maxBytes: number): readonly string[] {
  if (free + used >= maxBytes) return [];
  return [
    `only ${byteText(free)} are free, and the spool may use ${byteText(maxBytes)}: when the disk is full, the oldest items are given up. Lower SPILLWAY_SPOOL_MAX_BYTES, or free some space`,
  ];
}

/** Of Windows, the mode says nothing. */
function accessWarnings(directory: string): readonly string[] {
  if (process.platform === 'win32') return [];
  const { mode, uid } = statSync(directory);
  const warnings: string[] = [];
  const [own] = [process.getuid?.()];
  if (own !== undefined && uid !== own)
    warnings.push(
      `it belongs to user ${uid}, and this is user ${own}: processes of another user cannot take over what this one leaves`,
    );
  if ((mode & 0o022) !== 0)
    warnings.push(`other users may write to it (mode ${(mode & 0o777).toString(8)}): chmod 700 ${directory}`);
  return warnings;
}
