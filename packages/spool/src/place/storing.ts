import { startTimer, type Timer } from '@spillway/backpressure';
import type { RequestToStore } from '@spillway/pipeline';
import type { ChainWriter } from '../chain/chain-writer.ts';
import { fileErrorText, isFull } from '../files/file-error.ts';
import type { FileSystem } from '../files/file-system.ts';
import { AbandonedError, runLater, runNow } from '../files/work.ts';
import { MAX_BODY_BYTES, MAX_ITEMS } from '../format/record.ts';
import { type Room, SpoolFullError } from '../room.ts';
import type { ResolvedSpoolOptions } from '../spool-options.ts';
import type { SpoolLog } from '../spool-log.ts';
import { newSettleable } from './settleable.ts';

/** A slow disk may be behind by this much, and what no file takes waits here. */
const MAX_PENDING_BYTES = 8 * 2 ** 20;
/** Of `sync: 'interval'`. */
const SYNC_INTERVAL_MILLIS = 500;
/** After a write that has failed. It doubles with each further one. */
const FIRST_PAUSE_MILLIS = 1_000;
const LONGEST_PAUSE_MILLIS = 30_000;

/**
 * - `idle`: nothing is written
 * - `working`: one work writes, off the main thread
 * - `paused`: a write has failed, and is tried again later
 * - `ending`: the last work writes, off the main thread
 * - `ended`
 */
type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'working' }
  | { readonly kind: 'paused'; readonly timer: Timer }
  | { readonly kind: 'ending' }
  | { readonly kind: 'ended' };

type Chore = 'sync' | 'rescue' | 'finish';

export interface StoringOptions extends Pick<ResolvedSpoolOptions, 'directory' | 'sync' | 'maxBytes'> {
  readonly files: FileSystem;
  readonly room: Room;
  readonly log: SpoolLog;
  /** Something was written, or no file takes it: what is stored can be read. */
  readonly onProgress: () => void;
  /** A request that was refused might be taken now. */
  readonly onReady: () => void;
}

/** Decides when a writer writes, and what happens when it cannot. */
export class Storing {
  readonly #writer: ChainWriter;
  readonly #options: StoringOptions;
  #state: State = { kind: 'idle' };
  #pauseMillis = FIRST_PAUSE_MILLIS;
  #hasRefused = false;
  #syncTimer: Timer | undefined;
  /** Settles after each step of a work. */
  #progress = newSettleable();
  /** What is to be done with the current file when it is not being written. */
  readonly #due = new Set<Chore>();

  constructor(writer: ChainWriter, options: StoringOptions) {
    this.#writer = writer;
    this.#options = options;
  }

  /** Whether records wait in memory because no file takes them. */
  get isPaused(): boolean {
    return this.#state.kind === 'paused';
  }

  get isIdle(): boolean {
    return this.#state.kind === 'idle' && !this.#writer.hasPending;
  }

  /** Takes a request to memory, and writes it soon. @returns whether it was taken */
  storeSoon(request: RequestToStore): boolean {
    if (!this.#isPossible(request)) return false;
    const { pendingBytes } = this.#writer;
    const isTooMuch = pendingBytes > 0 && pendingBytes + request.body.byteLength > MAX_PENDING_BYTES;
    if (this.#state.kind === 'paused' || isTooMuch) {
      this.#hasRefused = true;
      return false;
    }
    this.#writer.add(request);
    this.#start();
    return true;
  }

  /** Resolves when everything that was taken before is written, or when no file takes it. @returns whether it is written */
  async whenWritten(): Promise<boolean> {
    const { end } = this.#writer;
    while (this.#state.kind === 'working' && this.#writer.written < end) await this.#progress.settled;
    return this.#writer.written >= end;
  }

  /** Writes a request at once, after those that are pending. @returns whether it is in a file */
  storeNow(request: RequestToStore): boolean {
    if (!this.#isPossible(request)) return false;
    this.#interrupt();
    this.#writer.add(request);
    const failure = this.#flushNow();
    if (failure === undefined) return true;
    // What was written, if perhaps not synced, is in the file.
    const isInFile = !this.#writer.hasPending;
    if (!isInFile) this.#writer.removeLast();
    this.#pause(failure.error);
    return isInFile;
  }

  /** Ends the current file, so that it can be removed. */
  finishFile(): void {
    this.#do('finish');
  }

  /** Writes the current file again if it was removed. */
  rescueFile(): void {
    this.#do('rescue');
  }

  /** Writes everything that is pending, and ends. What cannot be written is lost. */
  async end(): Promise<void> {
    while (this.#state.kind === 'working') await this.#progress.settled;
    if (this.#state.kind === 'ended') return;
    this.#stopTimers();
    const own: State = { kind: 'ending' };
    this.#state = own;
    const isOwn = (): boolean => this.#state === own;
    try {
      await this.#flush(isOwn);
      await runLater(this.#options.files, this.#writer.finish(), isOwn);
    } catch (error) {
      if (!isOwn()) return;
      this.#warn(error);
    }
    this.#state = { kind: 'ended' };
    this.#writer.discard();
  }

  /** The synchronous form of {@link end}, which may have begun. */
  endNow(): void {
    if (this.#state.kind === 'ended') return;
    this.#interrupt();
    this.#state = { kind: 'ended' };
    const failure = this.#flushNow();
    if (failure !== undefined) this.#warn(failure.error);
    try {
      runNow(this.#options.files, this.#writer.finish());
    } catch (error) {
      this.#warn(error);
    }
    this.#writer.discard();
  }

  #isPossible({ items, body }: RequestToStore): boolean {
    const { maxBytes } = this.#options;
    const isCount = Number.isSafeInteger(items) && items > 0 && items <= MAX_ITEMS;
    return !this.#isEnding && isCount && body.byteLength <= Math.min(MAX_BODY_BYTES, maxBytes / 2);
  }

  get #isEnding(): boolean {
    return this.#state.kind === 'ending' || this.#state.kind === 'ended';
  }

  #do(chore: Chore): void {
    this.#due.add(chore);
    this.#start();
  }

  #start(): void {
    if (this.#state.kind !== 'idle') return;
    this.#state = { kind: 'working' };
    void this.#work();
  }

  #tellProgress(): void {
    this.#progress.settle();
    this.#progress = newSettleable();
  }

  /** Never rejects. */
  async #work(): Promise<void> {
    const own = this.#state;
    const isOwn = (): boolean => this.#state === own;
    while (isOwn()) {
      try {
        await this.#step(isOwn);
      } catch (error) {
        if (!isOwn() || error instanceof AbandonedError) break;
        if (!(isFull(error) && (await this.#giveUpOldest())) && isOwn()) this.#pause(error);
      }
      this.#tellProgress();
      this.#options.onProgress();
    }
    this.#tellProgress();
  }

  /** A chore comes first, because a sync must not wait until no more requests come. */
  async #step(isOwn: () => boolean): Promise<void> {
    const { files, sync } = this.#options;
    const [chore] = this.#due;
    if (chore !== undefined) {
      this.#due.delete(chore);
      await runLater(files, this.#writer[chore](), isOwn);
    } else if (this.#writer.hasPending) {
      await runLater(files, this.#writer.write(sync === 'always'), isOwn);
      if (isOwn()) this.#succeeded();
    } else this.#state = { kind: 'idle' };
  }

  async #giveUpOldest(): Promise<boolean> {
    const { files, room } = this.#options;
    try {
      return (await runLater(files, room.giveUpOldest())) > 0;
    } catch {
      return false;
    }
  }

  #succeeded(): void {
    this.#pauseMillis = FIRST_PAUSE_MILLIS;
    this.#options.log.cancel('write');
    if (this.#options.sync === 'interval' && this.#writer.isDirty)
      this.#syncTimer ??= startTimer(() => {
        this.#syncTimer = undefined;
        this.#do('sync');
      }, SYNC_INTERVAL_MILLIS);
    this.#becomeReady();
  }

  #pause(error: unknown): void {
    this.#warn(error);
    const timer = startTimer(() => {
      this.#state = { kind: 'idle' };
      if (this.#writer.hasPending || this.#due.size > 0) this.#start();
      if (!this.#writer.hasPending) this.#becomeReady();
    }, this.#pauseMillis);
    this.#pauseMillis = Math.min(2 * this.#pauseMillis, LONGEST_PAUSE_MILLIS);
    this.#state = { kind: 'paused', timer };
  }

  #becomeReady(): void {
    if (!this.#hasRefused) return;
    this.#hasRefused = false;
    this.#options.onReady();
  }

  /** The work that writes now is not wanted any more. */
  #interrupt(): void {
    if (this.#state.kind === 'working' || this.#state.kind === 'ending') this.#writer.takeOver();
    this.#stopTimers();
    this.#state = { kind: 'idle' };
  }

  #stopTimers(): void {
    if (this.#state.kind === 'paused') this.#state.timer.cancel();
    this.#syncTimer?.cancel();
    this.#syncTimer = undefined;
  }

  /** @returns `undefined` if everything was written */
  #flushNow(): { readonly error: unknown } | undefined {
    const { files, room, sync } = this.#options;
    for (;;) {
      try {
        runNow(files, this.#writer.writeAll(sync !== 'never'));
        return undefined;
      } catch (error) {
        try {
          if (isFull(error) && runNow(files, room.giveUpOldest()) > 0) continue;
        } catch {
          // The write has said what is wrong.
        }
        return { error };
      }
    }
  }

  async #flush(isWanted: () => boolean): Promise<void> {
    for (;;) {
      try {
        return await runLater(this.#options.files, this.#writer.writeAll(false), isWanted);
      } catch (error) {
        if (!(isFull(error) && (await this.#giveUpOldest()))) throw error;
      }
    }
  }

  #warn(error: unknown): void {
    const { log, directory } = this.#options;
    const text =
      error instanceof SpoolFullError
        ? `it is full: ${error.message}`
        : `cannot write to ${directory}: ${fileErrorText(error)}`;
    log.warn('write', `${text}. What does not fit stays in memory, within the bounds of the pipelines`);
  }
}
