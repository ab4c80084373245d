import type { Signal } from '@spillway/config';

/** A request as it is kept in IndexedDB. */
export interface KeptRequest {
  readonly items: number;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Milliseconds since the epoch. */
  readonly storedAt: number;
  /** The page that has stored it. */
  readonly page: string;
}

const STORE = 'requests';

/**
 * The requests of one signal that could not be sent, in IndexedDB: those of this page, and those that other pages of the
 * origin have left. Every call after {@link RequestStore.open} begins its work before it returns, because the page may be
 * gone in the next turn.
 */
export class RequestStore {
  readonly #database: IDBDatabase;

  /** Rejects if the browser has no IndexedDB for this page, as in a private window of some browsers. */
  static async open(signal: Signal): Promise<RequestStore> {
    const request = indexedDB.open(`spillway-${signal}`, 1);
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore(STORE, { autoIncrement: true }));
    return new RequestStore(await resultOf(request));
  }

  private constructor(database: IDBDatabase) {
    this.#database = database;
    // Another page deletes the database, which waits until this connection is closed.
    database.addEventListener('versionchange', () => database.close());
  }

  /** Resolves when the request is written. */
  async add(request: KeptRequest): Promise<void> {
    const transaction = this.#database.transaction(STORE, 'readwrite', { durability: 'relaxed' });
    transaction.objectStore(STORE).add(request);
    // Without this, the transaction ends only in a later turn, which a page that is left does not have.
    transaction.commit();
    await ended(transaction);
  }

  /** The oldest entry, whose request is `undefined` if it cannot be read; `undefined` if there is no entry. */
  async oldest(): Promise<{ readonly key: IDBValidKey; readonly request: KeptRequest | undefined } | undefined> {
    const cursor = await resultOf(this.#database.transaction(STORE).objectStore(STORE).openCursor());
    return cursor === null ? undefined : { key: cursor.key, request: requestIn(cursor.value) };
  }

  async remove(key: IDBValidKey): Promise<void> {
    const transaction = this.#database.transaction(STORE, 'readwrite', { durability: 'relaxed' });
    transaction.objectStore(STORE).delete(key);
    await ended(transaction);
  }

  /** Items and bytes of all requests that can be read. */
  async total(): Promise<{ readonly items: number; readonly bytes: number }> {
    const entries = await resultOf<unknown[]>(this.#database.transaction(STORE).objectStore(STORE).getAll());
    const all = entries.map(requestIn).filter((request) => request !== undefined);
    return {
      items: all.reduce((sum, { items }) => sum + items, 0),
      bytes: all.reduce((sum, { body }) => sum + body.byteLength, 0),
    };
  }

  close(): void {
    this.#database.close();
  }
}

/** Every script of the origin can write into the database, and a later version may store something else. */
function requestIn(entry: unknown): KeptRequest | undefined {
  const { items, body, storedAt } = (entry ?? {}) as Partial<KeptRequest>;
  const isRequest =
    Number.isSafeInteger(items) && Number(items) > 0 && body instanceof Uint8Array && typeof storedAt === 'number';
  return isRequest ? (entry as KeptRequest) : undefined;
}

async function resultOf<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('IndexedDB failed')));
  });
}

async function ended(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve());
    transaction.addEventListener('abort', () =>
      reject(transaction.error ?? new Error('IndexedDB has aborted a transaction')),
    );
  });
}
