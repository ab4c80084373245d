import { startTimer, wallTime } from '@spillway/backpressure';
import type {
  RequestSpool,
  RequestToStore,
  SpoolingPipeline,
  SpoolLossReason,
  SpoolMetrics,
  SpoolPlace,
  StoredRequest,
} from '@spillway/pipeline';
import { halvesOfRequest } from './sample-requests.ts';

export interface MemorySpoolOptions {
  /** Bytes of all bodies at most. Default: no bound. */
  readonly maxBytes?: number;
  /** Requests of one place that are resent at a time. Default 1. */
  readonly concurrency?: number;
  /** Milliseconds before each request is resent, or before it is asked again. Default: at once, in the same call. */
  readonly lateMillis?: number;
  /** How a request that is too large is divided. Default: for requests of sample items. */
  readonly divide?: (request: Pick<StoredRequest, 'items' | 'body'>) => Pick<StoredRequest, 'items' | 'body'>[];
}

type Stored = { -readonly [Field in keyof StoredRequest]: StoredRequest[Field] } & {
  /** Whether it is being resent. */
  isResent: boolean;
  /** Whether the pipeline knows of it: it has stored it, or has been asked to resend it. */
  isKnown: boolean;
};

/** Keeps requests in memory. What a place leaves behind goes to the next pipeline of its signal, as from a dead process. */
export class MemorySpool implements RequestSpool {
  readonly options: MemorySpoolOptions;
  readonly places: MemoryPlace[] = [];
  readonly left = new Map<string, Stored[]>();
  refuses = false;
  /** Whether what it takes is in a file, as far as it says. */
  writes = true;
  /** Gives up what a place holds when that is closed, as if no file had taken it. */
  losesAtClose = false;
  /** Calls of `store`. */
  asked = 0;
  /** Largest number of bytes held. */
  mostBytes = 0;

  constructor(options: MemorySpoolOptions = {}) {
    this.options = options;
  }

  join(pipeline: SpoolingPipeline): SpoolPlace {
    const place = new MemoryPlace(this, pipeline, this.left.get(pipeline.signal) ?? []);
    this.left.delete(pipeline.signal);
    this.places.push(place);
    place.pump();
    return place;
  }

  /** Takes requests again. */
  recover(): void {
    this.refuses = false;
    for (const place of this.places) place.onRecovered();
  }
}

class MemoryPlace implements SpoolPlace {
  readonly #spool: MemorySpool;
  readonly #pipeline: SpoolingPipeline;
  #stored: Stored[];
  #bytes = 0;
  #state: 'open' | 'closed' = 'open';
  #ready: (() => void) | undefined;
  readonly #resends = new Set<Promise<void>>();

  constructor(spool: MemorySpool, pipeline: SpoolingPipeline, adopted: readonly Stored[]) {
    this.#spool = spool;
    this.#pipeline = pipeline;
    this.#stored = adopted.map((request) => ({ ...request, storedBy: 'elsewhere', isResent: false, isKnown: false }));
    this.#bytes = adopted.reduce((bytes, { body }) => bytes + body.byteLength, 0);
  }

  store({ items, body, supersedes = false }: RequestToStore): boolean {
    this.#spool.asked += 1;
    if (this.#spool.refuses || this.#state === 'closed') return false;
    const bytes = Buffer.concat(body.chunks);
    if (supersedes)
      for (const earlier of this.#waiting) if (earlier.storedBy === 'here') this.#giveUp(earlier, 'superseded');
    this.#stored.push({
      items,
      body: { chunks: [bytes], byteLength: bytes.length },
      storedBy: 'here',
      storedAt: wallTime(),
      isResent: false,
      isKnown: true,
    });
    this.#bytes += bytes.length;
    const { maxBytes = Infinity } = this.#spool.options;
    for (const oldest of this.#waiting) {
      if (this.#bytes <= maxBytes) break;
      this.#giveUp(oldest, 'spool_full');
    }
    this.#spool.mostBytes = Math.max(this.#spool.mostBytes, this.#bytes);
    this.pump();
    return true;
  }

  async whenWritten(): Promise<boolean> {
    return this.#spool.writes || this.isEmpty;
  }

  get isEmpty(): boolean {
    return this.#stored.length === 0;
  }

  getMetrics(): SpoolMetrics {
    return {
      items: this.#stored.reduce((sum, { items }) => sum + items, 0),
      bytes: this.#bytes,
      oldestStoredAt: this.#stored[0]?.storedAt,
      takenOver: 0,
    };
  }

  onReady(listener: () => void): () => void {
    this.#ready = listener;
    return () => (this.#ready = undefined);
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    await Promise.all(this.#resends);
    if (this.#spool.losesAtClose) for (const request of this.#waiting) this.#giveUp(request, 'spool_full');
    this.#leave();
  }

  closeNow(): void {
    this.#state = 'closed';
    this.#leave();
  }

  onRecovered(): void {
    this.#ready?.();
  }

  /** Gives up the oldest request, as if it could not be read. */
  loseOldest(reason: SpoolLossReason): number {
    const [oldest] = this.#waiting;
    if (oldest !== undefined) this.#giveUp(oldest, reason);
    return oldest?.items ?? 0;
  }

  pump(): void {
    const { concurrency = 1, lateMillis } = this.#spool.options;
    for (const request of this.#waiting) {
      if (this.#state === 'closed' || this.#resends.size >= concurrency) return;
      request.isResent = true;
      const resend = this.#resend(request, lateMillis);
      this.#resends.add(resend);
      void this.#pumpAfter(resend);
    }
  }

  async #pumpAfter(resend: Promise<void>): Promise<void> {
    await resend;
    this.#resends.delete(resend);
    this.pump();
  }

  get #waiting(): Stored[] {
    return this.#stored.filter(({ isResent }) => !isResent);
  }

  async #resend(request: Stored, lateMillis: number | undefined): Promise<void> {
    do {
      if (lateMillis !== undefined) await new Promise<void>((resolve) => startTimer(resolve, lateMillis));
      request.isKnown = true;
      const result = await this.#pipeline.resend(request);
      if (result === 'settled') return this.#replace(request, []);
      if (result === 'too_large') return this.#replace(request, this.#partsOf(request));
    } while (this.#state === 'open');
    request.isResent = false;
  }

  #giveUp(request: Stored, reason: SpoolLossReason): void {
    this.#replace(request, []);
    this.#pipeline.onLost(reason, request.items, request.storedBy);
  }

  #replace(request: Stored, parts: readonly Stored[]): void {
    const place = this.#stored.indexOf(request);
    if (place === -1) return;
    this.#stored.splice(place, 1, ...parts);
    this.#bytes += parts.reduce((sum, { body }) => sum + body.byteLength, 0) - request.body.byteLength;
  }

  #partsOf(request: Stored): Stored[] {
    const { divide = ({ body }) => halvesOfRequest(body) } = this.#spool.options;
    return divide(request).map(({ items, body }) => ({ ...request, items, body, isResent: false }));
  }

  #leave(): void {
    if (this.#stored.length > 0) this.#spool.left.set(this.#pipeline.signal, this.#stored);
    this.#stored = [];
    this.#bytes = 0;
  }
}
