import { wallTime } from '@spillway/backpressure';
import { joinedBody } from '@spillway/otlp/transport';
import type { LeavablePipeline, RequestToStore, SpoolMetrics, SpoolPlace, StoredRequest } from '@spillway/pipeline';
import { deliver } from './delivery.ts';
import { KeptRequests } from './kept-requests.ts';
import type { PageSpoolOptions } from './page-spool-options.ts';

/** The requests of a page that is left are about this large, so that several fit into what it may send. */
const LEAVING_REQUEST_BYTES = 15 * 1024;

/** How a page is being left: bytes that this pipeline may still send, and whether the rest is kept. */
interface Leaving {
  bytes: number;
  readonly mayKeep: boolean;
}

/** The place of one pipeline in a {@link PageSpool}. */
export class PagePlace implements SpoolPlace {
  readonly #pipeline: LeavablePipeline;
  readonly #maxAgeMillis: number;
  readonly #kept: KeptRequests;
  readonly #onClosed: () => void;
  #onReady = (): void => {};
  #leaving: Leaving | undefined;
  /** Sent while the page was left, or not yet kept, and not settled. */
  #underWay = { items: 0, bytes: 0 };
  #isClosed = false;

  constructor(
    pipeline: LeavablePipeline,
    { maxBytes, maxAgeMillis }: Required<PageSpoolOptions>,
    page: string,
    onClosed: () => void,
  ) {
    this.#pipeline = pipeline;
    this.#maxAgeMillis = maxAgeMillis;
    this.#onClosed = onClosed;
    this.#kept = new KeptRequests(pipeline, { maxBytes, maxAgeMillis, page, onReady: () => this.#onReady() });
  }

  store({ items, body }: RequestToStore, when: 'soon' | 'now'): boolean {
    const request: StoredRequest = {
      items,
      // A copy, because the pipeline uses its memory again.
      body: { chunks: [joinedBody(body)], byteLength: body.byteLength },
      storedBy: 'here',
      storedAt: wallTime(),
    };
    const underWay =
      when === 'now' || this.#mayLeave(body.byteLength) ? this.#pipeline.sendNow(request.body) : undefined;
    if (underWay !== undefined) {
      if (this.#leaving !== undefined) this.#leaving.bytes -= body.byteLength;
      void this.#deliver({ ...request, underWay });
      return true;
    }
    return this.#leaving?.mayKeep !== false && this.#kept.add(request, () => void this.#deliver(request));
  }

  /** Has the pipeline hold everything that the page has made. */
  takeIn(): void {
    this.#pipeline.takeIn();
  }

  /**
   * Sends what the pipeline holds, in requests that outlive the page.
   * @param bytes that may be sent
   * @param mayKeep whether what cannot be sent is kept
   */
  leave(bytes: number, mayKeep: boolean): void {
    this.#leaving = { bytes, mayKeep };
    try {
      // The pipeline may have been told in the last second that there is no room.
      this.#onReady();
      this.#pipeline.spill(LEAVING_REQUEST_BYTES);
    } finally {
      this.#leaving = undefined;
    }
  }

  /** Sends what is kept, if nothing else does. */
  resume(): void {
    this.#kept.resend();
  }

  async whenWritten(): Promise<boolean> {
    await this.#kept.whenWritten();
    return this.#underWay.items === 0;
  }

  get isEmpty(): boolean {
    return this.#underWay.items + this.#kept.items === 0;
  }

  getMetrics(): SpoolMetrics {
    return {
      items: this.#underWay.items + this.#kept.items,
      bytes: this.#underWay.bytes + this.#kept.bytes,
      oldestStoredAt: undefined,
      takenOver: 0,
    };
  }

  onReady(listener: () => void): () => void {
    this.#onReady = listener;
    return () => (this.#onReady = () => {});
  }

  async close(): Promise<void> {
    this.closeNow();
  }

  closeNow(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#kept.close();
    this.#onClosed();
  }

  #mayLeave(bytes: number): boolean {
    return this.#leaving !== undefined && bytes <= this.#leaving.bytes;
  }

  async #deliver(request: StoredRequest): Promise<void> {
    const { items, body } = request;
    this.#underWay = { items: this.#underWay.items + items, bytes: this.#underWay.bytes + body.byteLength };
    await deliver(this.#pipeline, request, this.#maxAgeMillis, () => this.#isClosed);
    this.#underWay = { items: this.#underWay.items - items, bytes: this.#underWay.bytes - body.byteLength };
  }
}
