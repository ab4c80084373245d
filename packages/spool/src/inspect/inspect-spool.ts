import { join, resolve } from 'node:path';
import { NODE_FILES } from '../files/file-system.ts';
import { runLater, type Work } from '../files/work.ts';
import { serviceFolderName } from '../folder-names.ts';
import { type ProcessFolderFacts, processFolders } from './process-folders.ts';
import { removeProcess, removeSetAside } from './purge.ts';
import { describeChain, type SpooledChain, type VerifiedChain, verifyChain } from './spooled-chain.ts';

/** What one process has in a spool. */
export interface SpooledProcess<C extends SpooledChain = SpooledChain> extends Omit<ProcessFolderFacts, 'chains'> {
  readonly chains: readonly C[];
}

export interface InspectOptions {
  /** Only of this service. Default: of all. */
  readonly service?: string | undefined;
}

export interface PurgeOptions extends InspectOptions {
  /**
   * `ended`: what processes have left that have ended or let go of their files. `all`: also the files of processes that are
   * alive, or whose state is unknown. Such a process counts what it has lost. Default `ended`.
   */
  readonly what?: 'ended' | 'all' | undefined;
}

export interface PurgeResult {
  readonly removed: readonly SpooledProcess[];
  readonly kept: readonly SpooledProcess[];
  /** Files that could not be read, and had been moved to `set-aside`. */
  readonly removedFiles: number;
}

/**
 * Lists what is stored below a directory, without owning it and without changing anything. Files that processes are writing
 * may be counted as they were a moment ago.
 * @throws the error of `node:fs`, for example if a folder must not be read
 */
export async function listSpool(directory: string, options: InspectOptions = {}): Promise<readonly SpooledProcess[]> {
  return runLater(NODE_FILES, withChains(directory, options, describeChain));
}

/**
 * Reads and checks every record below a directory, without changing anything.
 * @throws the error of `node:fs`
 */
export async function verifySpool(
  directory: string,
  options: InspectOptions = {},
): Promise<readonly SpooledProcess<VerifiedChain>[]> {
  return runLater(NODE_FILES, withChains(directory, options, verifyChain));
}

/**
 * Removes what is stored, unsent.
 * @throws the error of `node:fs`, or RangeError for an option that is wrong
 */
export async function purgeSpool(
  directory: string,
  { what = 'ended', service }: PurgeOptions = {},
): Promise<PurgeResult> {
  if (what !== 'ended' && what !== 'all') throw new RangeError(`what must be ended or all, got ${what as string}`);
  return runLater(NODE_FILES, purge(resolve(directory), what, service));
}

function* withChains<C extends SpooledChain>(
  directory: string,
  { service }: InspectOptions,
  look: (path: string, signal: C['signal']) => Work<C>,
): Work<readonly SpooledProcess<C>[]> {
  const processes: SpooledProcess<C>[] = [];
  for (const { chains, ...facts } of yield* processFolders(resolve(directory), folderName(service))) {
    const looked: C[] = [];
    for (const { path, signal } of chains) looked.push(yield* look(path, signal));
    processes.push({ ...facts, chains: looked });
  }
  return processes;
}

function* purge(directory: string, what: 'ended' | 'all', service: string | undefined): Work<PurgeResult> {
  const removed: SpooledProcess[] = [];
  const kept: SpooledProcess[] = [];
  for (const found of yield* withChains(directory, { service }, describeChain)) {
    const { state } = found.owner;
    const isWanted = what === 'all' || state === 'ended' || state === 'released';
    if (isWanted && (yield* removeProcess(directory, found.path))) removed.push(found);
    else kept.push(found);
  }
  const only = folderName(service);
  const removedFiles = yield* removeSetAside(
    only === undefined ? directory : join(directory, only),
    only === undefined,
  );
  return { removed, kept, removedFiles };
}

function folderName(service: string | undefined): string | undefined {
  return service === undefined ? undefined : serviceFolderName(service);
}
