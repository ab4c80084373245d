import { readlinkSync } from 'node:fs';

/** On Linux, this is the program that the process runs, even if its file was moved or deleted. */
const SELF = '/proc/self/exe';
/** The kernel appends this to the path of a file that has been deleted or replaced. */
const DELETED = ' (deleted)';

/**
 * Paths by which this program may be started again, the best first.
 *
 * An upgrade may replace or delete the file of a running process. Its directory may be closed to the process after the
 * process has given up its rights. And the application may set `process.execPath`. If the file was replaced, the new
 * file comes second: the old program may need shared libraries that the upgrade removed.
 */
export function executables(): readonly string[] {
  const { execPath } = process;
  const path = pathOfSelf();
  if (path === undefined) return [execPath];
  // The usual path goes first, because a processor emulator handles it better than the link.
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
