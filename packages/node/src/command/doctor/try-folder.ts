import { mkdtemp, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** One page. */
const TRIED_BYTES = 4_096;

/** Does once what a spool does in a folder, and removes it again. @throws the error of `node:fs` */
export async function tryFolder(folder: string): Promise<void> {
  const tried = await mkdtemp(join(folder, '.spillway-doctor-'));
  try {
    const file = await open(join(tried, 'a'), 'wx', 0o600);
    try {
      await file.write(Buffer.alloc(TRIED_BYTES, 1));
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(join(tried, 'a'), join(tried, 'b'));
  } finally {
    await rm(tried, { recursive: true, force: true });
  }
}
