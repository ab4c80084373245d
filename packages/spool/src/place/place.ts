import { randomBytes } from 'node:crypto';
import { basename, join } from 'node:path';
import { startTimer } from '@spillway/backpressure';
import {
  itemsText,
  type RequestToStore,
  type SpoolingPipeline,
  type SpoolMetrics,
  type SpoolPlace,
} from '@spillway/pipeline';
import { Chain } from '../chain/chain.ts';
import { ChainWriter } from '../chain/chain-writer.ts';
import { openChain } from '../chain/open-chain.ts';
import { fileErrorText } from '../files/file-error.ts';
import type { FileSystem } from '../files/file-system.ts';
import { makeFolder } from '../files/folder.ts';
import { ignoringFileErrors, runLater, runNow, type Work } from '../files/work.ts';
import type { ProcessFolder } from '../lease/process-folder.ts';
import type { Room } from '../room.ts';
import type { SpoolLog } from '../spool-log.ts';
import type { ResolvedSpoolOptions } from '../spool-options.ts';
import { ChainTroubles } from './chain-troubles.ts';
import { Delivery } from './delivery.ts';
import { Resending } from './resending.ts';
import { newSettleable } from './settleable.ts';
import { Storing } from './storing.ts';
import { Tidying } from './tidying.ts';

/** How long a close waits for requests that the pipeline still has. */
const CLOSE_MILLIS = 1_000;

export interface PlaceOptions {
  readonly name: string;
  /** Of the own chain, in the folder of the process. */
  readonly chainName: string;
  readonly options: ResolvedSpoolOptions;
  readonly files: FileSystem;
  readonly serviceFolder: string;
  readonly room: Room;
  readonly log: SpoolLog;
  readonly folder: ProcessFolder;
  /** Called before the first file is made. */
  readonly onUsed: () => void;
  /** After its last work on files. */
  readonly onClosed: (place: Place) => Work<void>;
}

/** One pipeline's part of a spool: its own chain, and those that it has taken over from processes that have ended. */
export class Place implements SpoolPlace {
  /** Which pipeline of the process it is, for the chains of other processes. */
  readonly name: string;
  readonly #pipeline: SpoolingPipeline;
  readonly #options: PlaceOptions;
  readonly #storing: Storing;
  readonly #resending: Resending;
  readonly #writer: ChainWriter;
  readonly #own: Chain;
  readonly #troubles: ChainTroubles;
  readonly #tidying: Tidying;
  readonly #listeners = new Set<() => void>();
  #adopted: Chain[] = [];
  #isClosed = false;
  #closing: Promise<void> | undefined;
  #hasLetGo = false;

  constructor(pipeline: SpoolingPipeline, options: PlaceOptions) {
    this.name = options.name;
    this.#pipeline = pipeline;
    this.#options = options;
    const { files, room, log, folder, options: spool } = options;
    this.#troubles = new ChainTroubles(pipeline, { ...options, onCurrentMissing: () => this.#storing.rescueFile() });
    const chainFolder = join(folder.path, options.chainName);
    const salt = randomBytes(4).readUInt32LE();
    this.#own = new Chain(
      { folder: chainFolder, storedBy: 'here', salt, segments: [], next: 0, end: 0, sequence: 0 },
      this.#troubles.eventsOf('here'),
    );
    this.#writer = new ChainWriter(this.#own, {
      signal: pipeline.signal,
      sync: spool.sync,
      segmentBytes: spool.segmentBytes,
      makeFolder: function* () {
        yield* folder.make();
        yield* makeFolder(chainFolder);
      },
      check: () => this.#checkIfOverdue(),
      onRemoved: () => this.#onRemoved(),
      makeRoom: (bytes) => room.make(bytes),
    });
    this.#tidying = new Tidying({
      files,
      log,
      isSynced: this.#isSynced,
      own: this.#own,
      chains: () => this.chains,
      onDone: (chain) => (this.#adopted = this.#adopted.filter((other) => other !== chain)),
      onMissing: (chain) => this.#lookAt(chain),
    });
    this.#storing = new Storing(this.#writer, {
      ...spool,
      files,
      room,
      log,
      onProgress: () => this.#resending.wake(),
      onReady: () => this.#tellListeners(),
    });
    this.#resending = new Resending({
      files,
      signal: pipeline.signal,
      delivery: new Delivery(pipeline, spool.maxAgeMillis, () => this.#isClosed),
      log,
      chains: () => this.chains,
      fromMemory: (chain) =>
        chain === this.#own && this.#storing.isPaused ? this.#writer.takeFromMemory() : undefined,
      onSettled: (chain) => this.#tidying.onSettled(chain),
    });
  }

  get chains(): readonly Chain[] {
    return [...this.#adopted, this.#own];
  }

  get isEmpty(): boolean {
    return this.#own.isSettled && this.#adopted.every((chain) => chain.isSettled);
  }

  getMetrics(): SpoolMetrics {
    let items = 0;
    let bytes = 0;
    let oldestStoredAt: number | undefined;
    for (const chain of this.chains) {
      items += chain.items;
      bytes += chain.bytes;
      if (chain.oldestStoredAt !== undefined)
        oldestStoredAt = Math.min(oldestStoredAt ?? Infinity, chain.oldestStoredAt);
    }
    return { items, bytes, oldestStoredAt, takenOver: this.#troubles.takenOver };
  }

  store(request: RequestToStore, when: 'soon' | 'now'): boolean {
    if (this.#isClosed) return false;
    try {
      this.#options.onUsed();
      const isStored = when === 'now' ? this.#storing.storeNow(request) : this.#storing.storeSoon(request);
      if (when === 'now') this.#resending.wake();
      return isStored;
    } catch (error) {
      this.#options.log.warn('write', `cannot store a request of ${this.#pipeline.name}: ${fileErrorText(error)}`);
      return false;
    }
  }

  async whenWritten(): Promise<boolean> {
    return (await this.#storing.whenWritten()) && this.chains.every(({ held }) => held.areInFiles);
  }

  onReady(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Takes over a chain that is now in the folder of this process. @throws an error of `node:fs` that may pass */
  *adopt(folder: string): Work<void> {
    const events = this.#troubles.eventsOf('elsewhere');
    const contents = yield* openChain(folder, this.#pipeline.signal, (path, error) =>
      this.#troubles.setAside(path, error),
    );
    const chain = new Chain({ ...contents, storedBy: 'elsewhere' }, events);
    this.#adopted = [...this.#adopted, chain].toSorted((a, b) => startOf(a) - startOf(b));
    this.#options.log.info(
      `${this.#pipeline.name} took over ${itemsText(chain.items)} that another process has left, from ${basename(folder)}`,
    );
    this.#resending.wake();
  }

  /** Whether it has nothing, and does nothing. */
  get isUnused(): boolean {
    return this.isEmpty && this.#storing.isIdle && !this.#own.hasFiles && this.#adopted.length === 0;
  }

  /** Removes the folder of the own chain. Only if the place is unused. */
  *removeFolder(): Work<void> {
    yield* this.#own.remove();
  }

  /** Gives space back that is not needed. */
  tidyUp(): void {
    if (this.#own.isSettled && this.#own.hasFiles) this.#storing.finishFile();
    this.#tidying.tidy();
  }

  /** A process that was stopped must not write to a file that another one has taken over meanwhile. */
  *#checkIfOverdue(): Work<void> {
    if (this.#options.folder.isOverdue) yield* this.check();
  }

  /** Looks whether the files are still there. */
  *check(): Work<void> {
    for (const chain of this.chains) yield* this.#lookAt(chain);
  }

  *#lookAt(chain: Chain): Work<void> {
    if (chain === this.#own && this.#writer.hasFile && !this.#options.folder.isOverdue) this.#storing.rescueFile();
    else if (yield* chain.dropMissing()) this.#troubles.warnOfMissing(chain.folder);
  }

  *#onRemoved(): Work<void> {
    this.#troubles.warnOfMissing(this.#own.folder);
    yield* this.#own.dropMissing();
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Also while {@link close} waits: the process may end meanwhile. */
  closeNow(): void {
    this.#stop();
    this.#storing.endNow();
    try {
      runNow(this.#options.files, this.#letGo());
    } catch (error) {
      this.#tidying.onFailure(error);
    }
  }

  async #close(): Promise<void> {
    this.#stop();
    await within(CLOSE_MILLIS, this.#resending.ended);
    await this.#storing.end();
    await this.#tidying.ended;
    try {
      await runLater(this.#options.files, this.#letGo());
    } catch (error) {
      this.#tidying.onFailure(error);
    }
  }

  #stop(): void {
    this.#isClosed = true;
    this.#tidying.end();
    for (const chain of this.chains) chain.endTaking();
    this.#resending.end();
  }

  *#letGo(): Work<void> {
    if (this.#hasLetGo) return;
    this.#hasLetGo = true;
    try {
      for (const chain of this.chains) {
        yield* ignoringFileErrors(this.#lookAt(chain));
        yield* chain.close();
        yield* chain.tidy(this.#isSynced);
        if (!chain.hasFiles && this.#options.folder.isMade) yield* chain.remove();
      }
    } finally {
      yield* this.#options.onClosed(this);
    }
  }

  get #isSynced(): boolean {
    return this.#options.options.sync !== 'never';
  }

  #tellListeners(): void {
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch {
        // It is not for the spool to complain about another part's listener.
      }
    }
  }
}

function startOf(chain: Chain): number {
  return chain.oldest?.createdAt ?? Infinity;
}

/** Resolves with the promise, but at the deadline at the latest. */
async function within(millis: number, promise: Promise<unknown>): Promise<void> {
  const { settled, settle } = newSettleable();
  const timer = startTimer(settle, millis, true);
  await Promise.race([promise, settled]);
  timer.cancel();
}
