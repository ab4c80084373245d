import type { SpoolingPipeline, SpoolLossReason, StoredBy } from '@spillway/pipeline';
import type { ChainEvents, Fate } from '../chain/chain-events.ts';
import { codeOf, fileErrorText, isMissing } from '../files/file-error.ts';
import type { Work } from '../files/work.ts';
import type { ProcessFolder } from '../lease/process-folder.ts';
import { setAside } from '../set-aside.ts';
import type { SpoolLog } from '../spool-log.ts';

export interface ChainTroublesOptions {
  readonly serviceFolder: string;
  readonly log: SpoolLog;
  readonly folder: Pick<ProcessFolder, 'isOverdue'>;
  readonly onCurrentMissing: () => void;
}

/** What a place does about lost items, and about files that are missing or cannot be read. */
export class ChainTroubles {
  readonly #pipeline: SpoolingPipeline;
  readonly #options: ChainTroublesOptions;
  /** Items that another process sends, and this one does not. */
  takenOver = 0;

  constructor(pipeline: SpoolingPipeline, options: ChainTroublesOptions) {
    this.#pipeline = pipeline;
    this.#options = options;
  }

  eventsOf(storedBy: StoredBy): ChainEvents {
    return {
      onLost: (reason, items) => this.#onLost(reason, items, storedBy),
      onTakenOver: (items) => (this.takenOver += items),
      onFilesTakenOver: (items) => this.#options.log.warnOfTakeOver(items),
      fateOfMissing: () => this.#fateOfMissing(),
      onCurrentMissing: () => this.#options.onCurrentMissing(),
      onUnreadable: (segment, error) => this.setAside(segment.path, error),
    };
  }

  /** If this process was stopped for long, another one has taken over what is missing. */
  #fateOfMissing(): Fate {
    return this.#options.folder.isOverdue ? 'taken over' : 'spool_corrupt';
  }

  /** What another process has taken over has a line of its own. */
  warnOfMissing(path: string): void {
    const { folder, log } = this.#options;
    if (!folder.isOverdue) log.warn('gone', `${path} was removed while it was in use`);
  }

  *setAside(path: string, error: unknown): Work<void> {
    const { log, serviceFolder } = this.#options;
    const reason = fileErrorText(error);
    if (isMissing(error)) {
      this.warnOfMissing(path);
      return;
    }
    try {
      const target = yield* setAside(serviceFolder, path, this.#pipeline.signal);
      log.warn('corrupt', `cannot read ${path}: ${reason}. It was moved to ${target ?? 'nowhere: it is gone'}`);
    } catch (failure) {
      if (codeOf(failure) === undefined) throw failure;
      log.warn('corrupt', `cannot read ${path}: ${reason}. It cannot be moved either: ${fileErrorText(failure)}`);
    }
  }

  #onLost(reason: SpoolLossReason, items: number, storedBy: StoredBy): void {
    try {
      this.#pipeline.onLost(reason, items, storedBy);
    } catch {
      // A pipeline never throws. If one does nevertheless, files go on.
    }
  }
}
