import { readlinkSync } from 'node:fs';

/** On Linux this is the program that a process runs, whatever has become of its file. */
const SELF = '/proc/self/exe';
/** The kernel appends this to the path of a file that has been deleted or replaced. */
const DELETED = ' (deleted)';

/**
 * Paths by which this program may be started once more, the best first.
 *
 * An upgrade replaces or deletes the file of a process that still runs, a directory may be closed to it after it has given up
 * its rights, and an application may set `process.execPath`. If the file was replaced, its successor comes second: the old
 * program may need shared libraries that the upgrade took away.
 */
export function executables(): readonly string[] {
  const { execPath } = process;
  const path = pathOfSelf();
  if (path === undefined) return [execPath];
  // The usual path goes first, because an emulator of another processor knows it better than it knows the link.
  if (path === execPath) return [execPath, SELF];
  return path === execPath + DELETED ? [SELF, execPath] : [SELF];
}

function pathOfSelf(): string | undefined {
  try {
    return readlinkSync(SELF);
  } catch {
    return undefined;
  }
}
