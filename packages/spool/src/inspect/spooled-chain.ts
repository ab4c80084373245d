import type { Signal } from '@spillway/config';
import { Chain } from '../chain/chain.ts';
import { openChain } from '../chain/open-chain.ts';
import { fileErrorText } from '../files/file-error.ts';
import type { Work } from '../files/work.ts';

/** What a chain has that was not sent. */
export interface SpooledChain {
  readonly path: string;
  readonly signal: Signal;
  readonly files: number;
  readonly bytes: number;
  /** By their numbers. A reader may find that some of them are damaged. */
  readonly items: number;
  /** Milliseconds since the epoch. */
  readonly oldestStoredAt: number | undefined;
  /** One message for each file that cannot be read. */
  readonly unreadable: readonly string[];
}

/** What is left of a chain when every record in it was read. */
export interface VerifiedChain extends SpooledChain {
  readonly wholeRecords: number;
  readonly wholeItems: number;
  /** Items that would be counted as `spool_corrupt`. */
  readonly damagedItems: number;
}

/** Changes nothing. @throws the error of `node:fs` */
export function* describeChain(path: string, signal: Signal): Work<SpooledChain> {
  return (yield* examine(path, signal)).facts;
}

/** Reads all of it, a window of 8 MiB at a time, and changes nothing. @throws the error of `node:fs` */
export function* verifyChain(path: string, signal: Signal): Work<VerifiedChain> {
  const { chain, facts, lost } = yield* examine(path, signal);
  let wholeRecords = 0;
  let wholeItems = 0;
  for (let record = yield* chain.take(); record !== undefined; record = yield* chain.take()) {
    wholeRecords += 1;
    wholeItems += record.items;
    chain.held.settle(record);
  }
  yield* chain.close();
  return { ...facts, wholeRecords, wholeItems, damagedItems: lost() };
}

function* examine(
  path: string,
  signal: Signal,
): Work<{ readonly chain: Chain; readonly facts: SpooledChain; readonly lost: () => number }> {
  const unreadable: string[] = [];
  let lost = 0;
  function* note(file: string, error: unknown): Work<void> {
    unreadable.push(`${file}: ${fileErrorText(error)}`);
    yield* [];
  }
  const contents = yield* openChain(path, signal, note);
  const chain = new Chain(
    { ...contents, storedBy: 'elsewhere' },
    {
      onLost: (_, items) => void (lost += items),
      onTakenOver: () => {},
      onFilesTakenOver: () => {},
      fateOfMissing: () => 'spool_corrupt',
      onCurrentMissing: () => {},
      onUnreadable: (segment, error) => note(segment.path, error),
    },
  );
  const { bytes, items, oldestStoredAt } = chain;
  const facts = { path, signal, files: contents.segments.length, bytes, items, oldestStoredAt, unreadable };
  return { chain, facts, lost: () => lost };
}
