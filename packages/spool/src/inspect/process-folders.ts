import { join } from 'node:path';
import type { Signal } from '@spillway/config';
import { codeOf } from '../files/file-error.ts';
import { namesIn } from '../files/folder.ts';
import { call, type Work } from '../files/work.ts';
import { parseChainName, SET_ASIDE } from '../folder-names.ts';
import { readOwner } from '../lease/owner.ts';
import { livenessOf, ownIdentity } from '../lease/process-identity.ts';

/**
 * - `alive`: it is running, as this process can see
 * - `ended`, `released`: the next process of the service will take over its files
 * - `unknown`: it is on another system or in another container, or its file is damaged. The next process will take over its
 *   files when its heartbeat has stood still for a minute
 */
export type OwnerState = 'alive' | 'ended' | 'released' | 'unknown';

/** The folder of a process, as anybody can see it who may read the files. */
export interface ProcessFolderFacts {
  readonly path: string;
  /** The name of the folder of its service, which is its name unless that is unsafe for a path. */
  readonly service: string;
  readonly owner: {
    readonly state: OwnerState;
    readonly pid: number | undefined;
    readonly host: string | undefined;
  };
  readonly chains: readonly { readonly path: string; readonly signal: Signal }[];
}

/** All folders of processes below the directory of a spool, whoever has them. @throws the error of `node:fs` */
export function* processFolders(directory: string, only?: string): Work<readonly ProcessFolderFacts[]> {
  const own = yield* ownIdentity();
  const found: ProcessFolderFacts[] = [];
  for (const service of yield* foldersIn(directory)) {
    if (only !== undefined && service !== only) continue;
    for (const name of yield* foldersIn(join(directory, service))) {
      if (name === SET_ASIDE) continue;
      const path = join(directory, service, name);
      const owner = yield* readOwner(path);
      const names = yield* foldersIn(path);
      const chains = names.flatMap((chain) => {
        const signal = parseChainName(chain)?.signal;
        return signal === undefined ? [] : [{ path: join(path, chain), signal }];
      });
      const liveness = owner === undefined ? 'unknown' : yield* livenessOf(owner, own);
      const state = owner?.isReleased === true ? 'released' : liveness;
      found.push({ path, service, owner: { state, pid: owner?.pid, host: owner?.host }, chains });
    }
  }
  return found;
}

/** @returns the names of the folders in a folder, without hidden ones */
export function* foldersIn(path: string): Work<readonly string[]> {
  const folders: string[] = [];
  for (const name of yield* namesIn(path)) {
    if (name.startsWith('.')) continue;
    try {
      if ((yield* call('lstat', join(path, name))).isDirectory()) folders.push(name);
    } catch (error) {
      // It has gone meanwhile.
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }
  return folders;
}
