import { join } from 'node:path';
import { codeOf, fileErrorText, isMissing } from '../files/file-error.ts';
import { namesIn, removeEmptyFolder, removeFile } from '../files/folder.ts';
import { call, type Work } from '../files/work.ts';
import { chainName, parseChainName, SET_ASIDE } from '../folder-names.ts';
import type { SpoolLog } from '../spool-log.ts';
import { Leases } from './leases.ts';
import { ownerPath } from './owner.ts';
import type { ProcessFolder } from './process-folder.ts';

export interface AdoptionOptions {
  readonly serviceFolder: string;
  readonly own: () => ProcessFolder;
  readonly log: SpoolLog;
  /** Whether this process has a pipeline for a chain. */
  readonly isWanted: (place: string) => boolean;
  /** A chain is now in the folder of this process. */
  readonly onAdopted: (folder: string, place: string) => void;
}

/**
 * Takes over what processes have left that have ended. A chain is taken by renaming its folder into the one of this process:
 * that succeeds for one process only, and needs no lock. Nothing is written while there is nothing to take.
 */
export class Adoption {
  readonly #options: AdoptionOptions;
  readonly #leases = new Leases();
  /** Folders of newer versions that were logged. */
  readonly #foreign = new Set<string>();

  constructor(options: AdoptionOptions) {
    this.#options = options;
  }

  /** Looks at all folders of the service. Failures are logged. */
  *look(): Work<void> {
    const { serviceFolder, own, log } = this.#options;
    try {
      const names = yield* namesIn(serviceFolder);
      this.#leases.keep(new Set(names.map((name) => join(serviceFolder, name))));
      for (const name of names) {
        if (name === SET_ASIDE || join(serviceFolder, name) === own().path) continue;
        yield* this.#consider(name);
      }
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
      log.warn('adopt', `cannot look for what other processes have left: ${fileErrorText(error)}`);
    }
  }

  *#consider(name: string): Work<void> {
    const { serviceFolder, own, isWanted, log } = this.#options;
    const folder = join(serviceFolder, name);
    try {
      if (!(yield* call('lstat', folder)).isDirectory()) return;
      const contents = (yield* namesIn(folder)).filter((file) => file !== 'owner.json');
      const wanted = contents.filter((chain) => isWanted(parseChainName(chain)?.place ?? ''));
      if (contents.length > 0 && wanted.length === 0) return;
      const lease = yield* this.#leases.judge(folder, yield* own().identity());
      if (lease === 'foreign' && !this.#foreign.has(folder)) {
        this.#foreign.add(folder);
        log.warn('adopt', `${folder} is from a newer version of Spillway, and is left to processes of that version`);
      }
      if (lease !== 'free') return;
      for (const chain of wanted) yield* this.#take(name, chain);
      if (wanted.length < contents.length) return;
      yield* removeFile(ownerPath(folder));
      yield* removeEmptyFolder(folder);
    } catch (error) {
      // Another process was faster.
      if (isMissing(error)) return;
      if (codeOf(error) === undefined) throw error;
      log.warn('adopt', `cannot take over ${folder}, which a process has left: ${fileErrorText(error)}`);
    }
  }

  *#take(from: string, chain: string): Work<void> {
    const { serviceFolder, own, onAdopted } = this.#options;
    const folder = own();
    yield* folder.make();
    const place = parseChainName(chain)?.place ?? '';
    // A chain that was taken over before already has the name of the process that made it.
    const target = join(folder.path, chain.includes('.') ? chain : chainName(place, from));
    yield* call('rename', join(serviceFolder, from, chain), target);
    onAdopted(target, place);
  }
}
