import { startTimer, type Timer } from '@spillway/backpressure';
import type { Chain } from '../chain/chain.ts';
import { fileErrorText, isMissing } from '../files/file-error.ts';
import type { FileSystem } from '../files/file-system.ts';
import { runLater, type Work } from '../files/work.ts';
import type { SpoolLog } from '../spool-log.ts';

/** What was settled in this time is sent again after a crash. */
const CURSOR_MILLIS = 500;

export interface TidyingOptions {
  readonly files: FileSystem;
  readonly log: SpoolLog;
  readonly isSynced: boolean;
  readonly own: Chain;
  /** All chains of the place. */
  readonly chains: () => readonly Chain[];
  /** A chain of another process has settled, and has no files any more. */
  readonly onDone: (chain: Chain) => void;
  /** The folder of a chain, or a file in it, was removed by somebody else. */
  readonly onMissing: (chain: Chain) => Work<void>;
}

/** Saves how far chains have settled, and removes the files that are not needed any more. */
export class Tidying {
  readonly #options: TidyingOptions;
  #isEnded = false;
  #running: Promise<void> | undefined;
  /** Something has settled since the last round began. */
  #isDue = false;
  #cursorTimer: Timer | undefined;

  constructor(options: TidyingOptions) {
    this.#options = options;
  }

  /** Resolves when nothing is tidied any more, after {@link end}. */
  get ended(): Promise<void> | undefined {
    return this.#running;
  }

  /** Something of a chain has settled. */
  onSettled(chain: Chain): void {
    if (this.#isEnded) return;
    const isDone = chain !== this.#options.own && chain.isSettled;
    if (isDone || chain.hasSettledFiles) return this.tidy();
    if (!chain.isUntidy || !chain.hasFiles) return;
    this.#cursorTimer ??= startTimer(() => {
      this.#cursorTimer = undefined;
      this.tidy();
    }, CURSOR_MILLIS);
  }

  tidy(): void {
    if (this.#isEnded) return;
    this.#isDue = true;
    this.#running ??= this.#tidyAll();
  }

  /** Begins nothing new. */
  end(): void {
    this.#isEnded = true;
    this.#cursorTimer?.cancel();
  }

  onFailure(error: unknown): void {
    this.#options.log.warn('read', `cannot remove what has been sent: ${fileErrorText(error)}. It may be sent again`);
  }

  /** Never rejects. */
  async #tidyAll(): Promise<void> {
    while (this.#isDue) {
      this.#isDue = false;
      for (const chain of this.#options.chains()) await this.#tidyChain(chain);
    }
    this.#running = undefined;
  }

  async #tidyChain(chain: Chain): Promise<void> {
    try {
      await runLater(this.#options.files, this.#tidied(chain));
    } catch (error) {
      this.onFailure(error);
    }
  }

  *#tidied(chain: Chain): Work<void> {
    const { isSynced, onDone, onMissing, own } = this.#options;
    try {
      yield* chain.tidy(isSynced);
      if (chain === own || chain.hasFiles || !chain.isSettled) return;
      onDone(chain);
      yield* chain.remove();
    } catch (error) {
      if (!isMissing(error)) throw error;
      yield* onMissing(chain);
    }
  }
}
