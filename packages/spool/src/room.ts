import { join } from 'node:path';
import type { Chain } from './chain/chain.ts';
import { codeOf } from './files/file-error.ts';
import { namesIn } from './files/folder.ts';
import { call, type Work } from './files/work.ts';

/** The spool may not use more of the disk, and nothing in it may be given up by this process. */
export class SpoolFullError extends Error {
  override readonly name = 'SpoolFullError';
}

/** Keeps the folder of a service below its bound. */
export class Room {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #chains: () => Iterable<Chain>;

  /** @param chains of this process, its own and those that it has taken over */
  constructor(folder: string, maxBytes: number, chains: () => Iterable<Chain>) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#chains = chains;
  }

  /**
   * Gives up the oldest files until a new one fits, if it grows to its full size.
   * @throws SpoolFullError
   */
  *make(bytes: number): Work<void> {
    let used = yield* bytesIn(this.#folder);
    while (used + bytes > this.#maxBytes) {
      const freed = yield* this.giveUpOldest();
      if (freed === 0)
        throw new SpoolFullError(
          `${used} of maxBytes ${this.#maxBytes} are used, by files that this process must not give up, of other ` +
            'processes and of other pipelines',
        );
      used -= freed;
    }
  }

  /** @returns the bytes that are free now: 0 if there is nothing to give up */
  *giveUpOldest(): Work<number> {
    let oldest: Chain | undefined;
    for (const chain of this.#chains()) {
      const age = chain.oldest?.createdAt;
      if (age !== undefined && age < (oldest?.oldest?.createdAt ?? Infinity)) oldest = chain;
    }
    return oldest === undefined ? 0 : yield* oldest.giveUpOldest();
  }
}

/** The sum of all files below a folder. Files that come or go meanwhile may be counted or not. */
export function* bytesIn(path: string): Work<number> {
  let bytes = 0;
  for (const name of yield* namesIn(path)) {
    const below = join(path, name);
    try {
      const facts = yield* call('lstat', below);
      bytes += facts.isDirectory() ? yield* bytesIn(below) : facts.size;
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
    }
  }
  return bytes;
}
