import { writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { NODE_FILES } from '../src/files/file-system.ts';
import { SET_ASIDE } from '../src/folder-names.ts';
import { runNow } from '../src/files/work.ts';
import { ownIdentity, type ProcessIdentity } from '../src/lease/process-identity.ts';
import { filesIn } from './temporary-spool.ts';

/** No process has it: Linux gives ids up to 2^22. */
const NO_PROCESS = 2 ** 22 + 1;

/** Makes the folders of a spool look as if their processes had ended without a word. */
export function endProcesses(directory: string): void {
  const folders = new Set(filesIn(directory).map((path) => path.split(sep).slice(0, 2).join(sep)));
  for (const folder of folders)
    if (!folder.endsWith(SET_ASIDE))
      writeFileSync(
        join(directory, folder, 'owner.json'),
        JSON.stringify({ ...ownIdentityNow(), format: 1, pid: NO_PROCESS }),
      );
}

function ownIdentityNow(): ProcessIdentity {
  return runNow(NODE_FILES, ownIdentity());
}
