import { dirname } from 'node:path';
import { Chain } from '../src/chain/chain.ts';
import { openChain } from '../src/chain/open-chain.ts';
import { NODE_FILES } from '../src/files/file-system.ts';
import { runNow, type Work } from '../src/files/work.ts';

export interface ReadChain {
  readonly texts: readonly string[];
  readonly items: number;
  readonly lost: Readonly<Record<string, number>>;
  readonly unreadable: number;
}

/** Reads a chain to its end without a pipeline, as the next process would, and leaves the files as they are. */
export function readChain(folder: string, signal: 'traces' | 'metrics' = 'traces'): ReadChain {
  const lost: Record<string, number> = {};
  let unreadable = 0;
  function* onUnreadable(): Work<void> {
    unreadable += 1;
    yield* [];
  }
  const contents = runNow(NODE_FILES, openChain(folder, signal, onUnreadable));
  const chain = new Chain(
    { ...contents, storedBy: 'elsewhere' },
    {
      onLost: (reason, items) => void (lost[reason] = (lost[reason] ?? 0) + items),
      onTakenOver: () => {},
      onFilesTakenOver: () => {},
      fateOfMissing: () => 'spool_corrupt',
      onCurrentMissing: () => {},
      onUnreadable,
    },
  );
  const expected = chain.items;
  const texts: string[] = [];
  let items = 0;
  for (;;) {
    const record = runNow(NODE_FILES, chain.take());
    if (record === undefined) break;
    texts.push(Buffer.from(record.body).toString('latin1'));
    items += record.items;
    chain.held.settle(record);
  }
  runNow(NODE_FILES, chain.close());
  // Status pages show this number, so it must not depend on what is damaged.
  const accounted = items + (lost['spool_corrupt'] ?? 0);
  if (accounted !== expected || chain.items !== 0)
    throw new Error(`${expected} items were announced, ${accounted} came, ${chain.items} are left`);
  return { texts, items, lost, unreadable };
}

export function folderOf(segment: string | undefined): string {
  return dirname(segment ?? '');
}
