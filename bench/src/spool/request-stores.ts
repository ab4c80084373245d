import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { OtlpRequestBody } from '@spillway/otlp/transport';
import { Spool } from '@spillway/spool';
import { open as openLmdb } from 'lmdb';

/** A way to store requests in files. */
export interface RequestStore {
  /** May resolve before the request is in a file. */
  append(number: number, items: number, body: OtlpRequestBody): void | Promise<void>;
  /** Resolves when all of them are. */
  written(): Promise<void>;
  files(): readonly string[];
  /** Reads everything back in order, and removes it. @returns the items that came back */
  readonly replay?: () => Promise<number>;
  close(): Promise<void>;
}

/** Without using the CPU that is measured. */
const pause = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

/** All ways in this table keep requests in the order in which they came. */
export const STORES: Readonly<Record<string, (folder: string) => RequestStore>> = {
  spool: openSpool,
  lmdb: openLmdbStore,
  'node:sqlite': openSqlite,
};

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function openSpool(directory: string): RequestStore {
  const collector = { isDown: true };
  let items = 0;
  let stored = 0;
  const spool = new Spool({ directory, service: 'bench', sync: 'never', maxBytes: 2 ** 31 });
  const place = spool.join({
    name: 'BenchProcessor',
    signal: 'traces',
    async resend(request) {
      // During the outage, the pipeline waits for its collector.
      while (collector.isDown) await new Promise((resolve) => setTimeout(resolve, 5));
      items += request.items;
      return 'settled';
    },
    onLost(reason, lost) {
      throw new Error(`${lost} spans were lost: ${reason}`);
    },
  });
  return {
    async append(_, count, body) {
      while (!place.store({ items: count, body }, 'soon')) {
        await new Promise<void>((resolve) => {
          const takeBack = place.onReady(() => {
            takeBack();
            resolve();
          });
        });
      }
      stored += body.byteLength;
    },
    async written() {
      // Each record has a head, and each file a header.
      while (place.getMetrics().bytes < stored) await pause();
    },
    files: () => filesBelow(directory),
    async replay() {
      collector.isDown = false;
      while (!place.isEmpty) await pause();
      return items;
    },
    close: () => place.close(),
  };
}

function openLmdbStore(folder: string): RequestStore {
  const database = openLmdb({ path: join(folder, 'data'), encoding: 'binary', noSync: true, mapSize: 2 ** 30 });
  let last: Promise<boolean> | undefined;
  return {
    append(number, _, { chunks }) {
      // Its own groups of writes, off the main thread.
      last = database.put(number, Buffer.concat(chunks));
    },
    async written() {
      await last;
    },
    files: () => filesBelow(folder),
    close: () => database.close(),
  };
}

function openSqlite(folder: string): RequestStore {
  const database = new DatabaseSync(join(folder, 'data.sqlite'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF');
  database.exec('CREATE TABLE requests (number INTEGER PRIMARY KEY, items INTEGER, body BLOB)');
  const insert = database.prepare('INSERT INTO requests VALUES (?, ?, ?)');
  return {
    append(number, items, { chunks }) {
      insert.run(number, items, Buffer.concat(chunks));
    },
    async written() {
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    },
    files: () => filesBelow(folder),
    async close() {
      database.close();
    },
  };
}
