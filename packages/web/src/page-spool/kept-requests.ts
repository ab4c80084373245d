import { diag } from '@opentelemetry/api';
import type { LeavablePipeline, StoredRequest } from '@spillway/pipeline';
import { deliver } from './delivery.ts';
import { type KeptRequest, RequestStore } from './request-store.ts';

interface KeptRequestsOptions {
  readonly maxBytes: number;
  readonly maxAgeMillis: number;
  readonly page: string;
  /** Called when requests can be kept. */
  readonly onReady: () => void;
}

/**
 * What a pipeline has in IndexedDB. One page of the origin at a time sends what is there, whoever has left it: a Web Lock
 * decides which one. Where there are none, two pages may send the same request.
 */
export class KeptRequests {
  readonly #pipeline: LeavablePipeline;
  readonly #options: KeptRequestsOptions;
  #store: RequestStore | undefined;
  #items = 0;
  #bytes = 0;
  readonly #writing = new Set<Promise<void>>();
  #isSending = false;
  #isClosed = false;

  constructor(pipeline: LeavablePipeline, options: KeptRequestsOptions) {
    this.#pipeline = pipeline;
    this.#options = options;
    if (options.maxBytes > 0) void this.#open();
  }

  get items(): number {
    return this.#items;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Keeps a request.
   * @param onFailure called if that turns out to be impossible, for example because the origin has used up its quota
   * @returns whether it is tried
   */
  add({ items, body, storedAt }: StoredRequest, onFailure: () => void): boolean {
    const store = this.#store;
    const { maxBytes, page } = this.#options;
    if (store === undefined || this.#isClosed || this.#bytes + body.byteLength > maxBytes) return false;
    this.#count(items, body.byteLength);
    const kept = store
      .add({ items, body: body.chunks[0] as KeptRequest['body'], storedAt, page })
      .then(
        () => this.resend(),
        (error: unknown) => {
          this.#count(-items, -body.byteLength);
          this.#warn('cannot keep items in IndexedDB', error);
          onFailure();
        },
      )
      .finally(() => this.#writing.delete(kept));
    this.#writing.add(kept);
    return true;
  }

  /** Resolves when everything that was added before is written, or has failed to be. */
  async whenWritten(): Promise<void> {
    await Promise.all(this.#writing);
  }

  /** Sends what is kept, unless that is under way, here or in another page. */
  resend(): void {
    if (this.#isSending || this.#isClosed || this.#store === undefined) return;
    this.#isSending = true;
    void this.#resendAll(this.#store)
      .catch((error: unknown) => this.#warn('cannot send what is in IndexedDB', error))
      .finally(() => (this.#isSending = false));
  }

  close(): void {
    this.#isClosed = true;
    this.#store?.close();
  }

  async #open(): Promise<void> {
    try {
      const store = await RequestStore.open(this.#pipeline.signal);
      if (this.#isClosed) return store.close();
      this.#store = store;
      this.#options.onReady();
      this.resend();
    } catch (error) {
      this.#warn('has no IndexedDB, so what a page cannot send before it is left is lost', error);
    }
  }

  async #resendAll(store: RequestStore): Promise<void> {
    await alone(`spillway-${this.#pipeline.signal}`, async () => {
      const { items, bytes } = await store.total();
      this.#items = items;
      this.#bytes = bytes;
      for (let next = await store.oldest(); next !== undefined; next = await store.oldest()) {
        const { key, request } = next;
        if (this.#isClosed || (await this.#resendOne(request)) === 'left') return;
        await store.remove(key);
        if (request !== undefined) this.#count(-request.items, -request.body.byteLength);
      }
    });
  }

  async #resendOne(request: KeptRequest | undefined): Promise<'settled' | 'left'> {
    if (request === undefined) {
      // Nobody knows how many items it had.
      this.#pipeline.onLost('spool_corrupt', 1, 'elsewhere');
      return 'settled';
    }
    const { items, body, storedAt, page } = request;
    const stored: StoredRequest = {
      items,
      body: { chunks: [body], byteLength: body.byteLength },
      storedBy: page === this.#options.page ? 'here' : 'elsewhere',
      storedAt,
    };
    return deliver(this.#pipeline, stored, this.#options.maxAgeMillis, () => this.#isClosed);
  }

  #count(items: number, bytes: number): void {
    this.#items += items;
    this.#bytes += bytes;
  }

  #warn(what: string, error: unknown): void {
    diag.warn(`${this.#pipeline.name} ${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Waits until no other page of the origin does the same work, and does it. */
async function alone(name: string, work: () => Promise<void>): Promise<void> {
  // Only secure pages have locks.
  const locks = typeof navigator === 'undefined' ? undefined : navigator.locks;
  await (locks === undefined ? work() : locks.request(name, work));
}
