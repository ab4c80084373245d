import { type Dirent, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import type { FileSystem } from '../src/files/file-system.ts';
import { resolveSpoolOptions, type ResolvedSpoolOptions } from '../src/spool-options.ts';
import { Store } from '../src/store.ts';
import { TRACKED_FILES } from './tracked-files.ts';

export const SERVICE = 'shop';

/** A folder for a spool. It is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-spool-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A spool as a process has it, with other files and sizes than a user can choose. */
export function openStore(
  directory: string,
  options: Partial<ResolvedSpoolOptions> = {},
  files: FileSystem = TRACKED_FILES,
): Store {
  return new Store({ ...resolveSpoolOptions({ directory, service: SERVICE }), ...options }, files);
}

/** All files below a folder, by their paths in it. Folders may go meanwhile. */
export function filesIn(folder: string, below = ''): string[] {
  return entriesOf(join(folder, below)).flatMap((entry) => {
    const path = join(below, entry.name);
    return entry.isDirectory() ? filesIn(folder, path) : [path];
  });
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => a.name.localeCompare(b.name));
  } catch {
    return [];
  }
}

export function segmentsIn(folder: string): string[] {
  return filesIn(folder)
    .filter((path) => path.endsWith('.seg') && !path.includes('set-aside'))
    .map((path) => join(folder, path));
}

export function bytesIn(folder: string): number {
  return filesIn(folder).reduce((sum, path) => sum + statSync(join(folder, path)).size, 0);
}

/** Real files are written by real threads, so what they do takes real time. */
export async function until(condition: () => boolean): Promise<void> {
  await vi.waitUntil(condition, { interval: 1, timeout: 10_000 });
}

/**
 * Whether a place has sent everything that was on the disk: several times in a row, because a chain that is being renamed may
 * be seen in neither folder.
 */
export function drained(directory: string, place: { readonly isEmpty: boolean }): () => boolean {
  let times = 0;
  return () => {
    times = place.isEmpty && segmentsIn(directory).length === 0 ? times + 1 : 0;
    return times > 20;
  };
}
