import { join } from 'node:path';
import { startTimer, type Timer } from '@spillway/backpressure';
import type { RequestSpool, SpoolingPipeline, SpoolPlace } from '@spillway/pipeline';
import type { Chain } from './chain/chain.ts';
import { fileErrorText, isPassing } from './files/file-error.ts';
import type { FileSystem } from './files/file-system.ts';
import { runLater, type Work } from './files/work.ts';
import { chainName, placeName, serviceFolderName } from './folder-names.ts';
import { Adoption } from './lease/adoption.ts';
import { HEARTBEAT_MILLIS, LOOK_MILLIS } from './lease/leases.ts';
import { ProcessFolder } from './lease/process-folder.ts';
import { Place } from './place/place.ts';
import { Room } from './room.ts';
import { SpoolLog } from './spool-log.ts';
import type { ResolvedSpoolOptions } from './spool-options.ts';

/** A chain in the folder of this process that no place has. */
interface LeftChain {
  readonly folder: string;
  readonly place: string;
}

/** The places of a process in one spool, and what they share: the folder with its lease, the bound, and the log. */
export class Store implements RequestSpool {
  readonly #options: ResolvedSpoolOptions;
  readonly #files: FileSystem;
  readonly #serviceFolder: string;
  readonly #log: SpoolLog;
  readonly #room: Room;
  readonly #adoption: Adoption;
  #folder: ProcessFolder;
  #places: readonly Place[] = [];
  #left: readonly LeftChain[] = [];
  /** Names of chains in the folder of this process. */
  #chainNames: readonly string[] = [];
  #beatTimer: Timer | undefined;
  #lookTimer: Timer | undefined;

  constructor(options: ResolvedSpoolOptions, files: FileSystem) {
    this.#options = options;
    this.#files = files;
    this.#serviceFolder = join(options.directory, serviceFolderName(options.service));
    this.#log = new SpoolLog(this.#serviceFolder);
    this.#room = new Room(this.#serviceFolder, options.maxBytes, () => this.#chains());
    this.#folder = this.#newFolder();
    this.#adoption = new Adoption({
      serviceFolder: this.#serviceFolder,
      own: () => this.#folder,
      log: this.#log,
      isWanted: (place) => this.#places.some(({ name }) => name === place),
      onAdopted: (folder, place) => {
        this.#startBeats();
        this.#left = [...this.#left, { folder, place }];
      },
    });
  }

  join(pipeline: SpoolingPipeline): SpoolPlace {
    let ordinal = 1;
    while (this.#places.some(({ name }) => name === placeName(pipeline.signal, ordinal))) ordinal += 1;
    const name = placeName(pipeline.signal, ordinal);
    // An earlier pipeline may have left a chain.
    const isFirst = !this.#chainNames.includes(name);
    const ownChain = isFirst ? name : chainName(name, this.#chainNames.length + 1);
    this.#chainNames = [...this.#chainNames, ownChain];
    const place = new Place(pipeline, {
      name,
      chainName: ownChain,
      options: this.#options,
      files: this.#files,
      serviceFolder: this.#serviceFolder,
      room: this.#room,
      log: this.#log,
      folder: this.#folder,
      onUsed: () => this.#startBeats(),
      onClosed: (closed) => this.#onClosed(closed),
    });
    this.#places = [...this.#places, place];
    this.#lookAfter(0);
    return place;
  }

  *#chains(): Iterable<Chain> {
    for (const place of this.#places) yield* place.chains;
  }

  #newFolder(): ProcessFolder {
    return new ProcessFolder(this.#serviceFolder, this.#options.sync !== 'never');
  }

  #lookAfter(millis: number): void {
    this.#lookTimer?.cancel();
    this.#lookTimer = startTimer(() => {
      void this.#lookAndGoOn();
    }, millis);
  }

  async #lookAndGoOn(): Promise<void> {
    await this.#run(this.#look());
    if (this.#places.length > 0) this.#lookAfter(LOOK_MILLIS);
  }

  *#look(): Work<void> {
    yield* this.#adoption.look();
    for (const chain of this.#left) {
      const place = this.#places.find(({ name }) => name === chain.place);
      if (place === undefined) continue;
      try {
        yield* place.adopt(chain.folder);
      } catch (error) {
        if (isPassing(error)) {
          this.#log.warn('read', `cannot read ${chain.folder} now: ${fileErrorText(error)}`);
          continue;
        }
        this.#log.warn('corrupt', `cannot read ${chain.folder}: ${fileErrorText(error)}. It stays where it is`);
      }
      this.#left = this.#left.filter((other) => other !== chain);
    }
  }

  #startBeats(): void {
    this.#beatTimer ??= startTimer(() => {
      this.#beatTimer = undefined;
      void this.#beatAndGoOn();
    }, HEARTBEAT_MILLIS);
  }

  async #beatAndGoOn(): Promise<void> {
    await this.#run(this.#beat());
    if (this.#folder.isMade) this.#startBeats();
  }

  *#beat(): Work<void> {
    for (const place of this.#places) yield* place.check();
    const isUsed = this.#places.some((place) => !place.isUnused) || this.#left.length > 0;
    for (const place of this.#places) place.tidyUp();
    if (isUsed) {
      // Somebody may have removed the file of the lease, or all of the folder.
      if (!(yield* this.#folder.beat())) yield* this.#folder.make();
      return;
    }
    for (const place of this.#places) yield* place.removeFolder();
    yield* this.#folder.release();
  }

  /** Never rejects. */
  async #run(work: Work<void>): Promise<void> {
    try {
      await runLater(this.#files, work);
    } catch (error) {
      this.#log.warn('write', `cannot keep ${this.#folder.path}: ${fileErrorText(error)}`);
    }
  }

  *#onClosed(closed: Place): Work<void> {
    this.#places = this.#places.filter((place) => place !== closed);
    const left = closed.chains.filter(({ hasFiles }) => hasFiles);
    this.#left = [...this.#left, ...left.map(({ folder }) => ({ folder, place: closed.name }))];
    if (this.#places.length > 0) return;
    this.#beatTimer?.cancel();
    this.#beatTimer = undefined;
    this.#lookTimer?.cancel();
    this.#log.close();
    const folder = this.#folder;
    // Another process may have the old one from now on.
    this.#folder = this.#newFolder();
    this.#left = [];
    this.#chainNames = [];
    yield* folder.release();
  }
}
