import { dirname, join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { now, wallTime } from '@spillway/backpressure';
import { isMissing } from '../files/file-error.ts';
import { makeFolder, namesIn, removeEmptyFolder, removeFile, syncFolder } from '../files/folder.ts';
import { ignoringFileErrors, type Work } from '../files/work.ts';
import { processFolderName } from '../folder-names.ts';
import { HEARTBEAT_MILLIS } from './leases.ts';
import { beat, ownerPath, writeOwner } from './owner.ts';
import { ownIdentity, type ProcessIdentity } from './process-identity.ts';

/** The folder of this process, and the lease on it. Nothing is on the disk before {@link make}. */
export class ProcessFolder {
  readonly path: string;
  readonly #isSynced: boolean;
  #identity: ProcessIdentity | undefined;
  #beats = 0;
  #beatAt = -Infinity;
  #beatTime = -Infinity;
  #isMade = false;

  constructor(serviceFolder: string, isSynced: boolean) {
    const startedAt = wallTime() - process.uptime() * 1_000;
    this.path = join(serviceFolder, processFolderName(process.pid, startedAt, threadId));
    this.#isSynced = isSynced;
  }

  get isMade(): boolean {
    return this.#isMade;
  }

  /**
   * Whether no heartbeat was written for so long that another process may have taken over the files: this process was
   * stopped, or the machine slept.
   */
  get isOverdue(): boolean {
    const millis = Math.max(now() - this.#beatAt, wallTime() - this.#beatTime);
    return this.#isMade && millis > 2 * HEARTBEAT_MILLIS;
  }

  *identity(): Work<ProcessIdentity> {
    this.#identity ??= yield* ownIdentity();
    return this.#identity;
  }

  /** Makes the folder, also after somebody has removed it. @throws the error of `node:fs` */
  *make(): Work<void> {
    const isNew = yield* makeFolder(this.path);
    if (!isNew && this.#isMade) return;
    yield* writeOwner(this.path, yield* this.identity(), false);
    if (this.#isSynced) {
      yield* syncFolder(dirname(this.path));
      yield* syncFolder(dirname(dirname(this.path)));
    }
    this.#isMade = true;
    this.#remember();
  }

  /** Shows that this process is alive. @returns whether the folder is there */
  *beat(): Work<boolean> {
    this.#beats += 1;
    try {
      // It changes, even if the clock stands still.
      yield* beat(this.path, wallTime() / 1_000 + (this.#beats % 1_000) / 1_000);
    } catch (error) {
      if (!isMissing(error)) throw error;
      this.#isMade = false;
      return false;
    }
    this.#remember();
    return true;
  }

  /** Lets go of the folder, so that another process need not wait until it may have it. */
  *release(): Work<void> {
    if (!this.#isMade) return;
    this.#isMade = false;
    const chains = (yield* namesIn(this.path)).filter((name) => name !== 'owner.json');
    if (chains.length > 0) {
      yield* writeOwner(this.path, yield* this.identity(), true);
      return;
    }
    yield* removeFile(ownerPath(this.path));
    yield* removeEmptyFolder(this.path);
    // The last process takes the folder of the service away.
    yield* ignoringFileErrors(removeEmptyFolder(dirname(this.path)));
  }

  #remember(): void {
    this.#beatAt = now();
    this.#beatTime = wallTime();
  }
}
