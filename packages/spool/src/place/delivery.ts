import { now, startTimer, wallTime } from '@spillway/backpressure';
import type { SpoolingPipeline, StoredRequest } from '@spillway/pipeline';
import { halvesOf, itemsIn } from '@spillway/otlp/parts';
import type { Chain } from '../chain/chain.ts';
import type { HeldRecord } from '../chain/held-records.ts';

/** A pipeline that answers `kept` at once, again and again, must not keep the event loop from everything else. */
const KEPT_PAUSE_MILLIS = 10;
/** A pipeline never rejects. If one does nevertheless, it is not asked in a loop. */
const REJECTED_PAUSE_MILLIS = 1_000;

interface Part {
  readonly body: Uint8Array;
  readonly items: number;
}

/** Sends the records of chains, and says what became of them. */
export class Delivery {
  readonly #pipeline: SpoolingPipeline;
  readonly #maxAgeMillis: number;
  readonly #isClosed: () => boolean;
  /** Nothing that this place has stored is older, wherever the wall clock has jumped. */
  readonly #since = now();

  constructor(pipeline: SpoolingPipeline, maxAgeMillis: number, isClosed: () => boolean) {
    this.#pipeline = pipeline;
    this.#maxAgeMillis = maxAgeMillis;
    this.#isClosed = isClosed;
  }

  /** Resolves when the record has settled or is lost, or when the place is closed. Never rejects. */
  async deliver(chain: Chain, record: HeldRecord): Promise<void> {
    let parts: readonly Part[] = [record];
    for (;;) {
      const [part, ...others] = parts;
      if (part === undefined) return chain.held.settle(record);
      record.left = parts.reduce((sum, { items }) => sum + items, 0);
      if (this.#isClosed()) return chain.held.putBack(record);
      if (this.#isExpired(chain, record)) return chain.held.lose(record, 'expired');
      const answer = await this.#resend(chain, record, part);
      if (answer === 'settled') parts = others;
      else if (answer === 'kept') await pause(KEPT_PAUSE_MILLIS);
      else {
        const halves = this.#halves(part);
        // A body that passed its checksum and cannot be split is none of this pipeline.
        if (halves === undefined) return chain.held.lose(record, 'spool_corrupt');
        parts = [...halves, ...others];
      }
    }
  }

  async #resend(chain: Chain, { storedAt }: HeldRecord, { body, items }: Part): ReturnType<SpoolingPipeline['resend']> {
    const request: StoredRequest = {
      items,
      body: { chunks: [body], byteLength: body.byteLength },
      storedBy: chain.storedBy,
      storedAt,
    };
    try {
      return await this.#pipeline.resend(request);
    } catch {
      await pause(REJECTED_PAUSE_MILLIS);
      return 'kept';
    }
  }

  /** @returns `undefined` if it cannot be split, or if its items are not as many as were stored */
  #halves({ body, items }: Part): readonly Part[] | undefined {
    const { signal } = this.#pipeline;
    try {
      const halves = halvesOf(signal, body).map((half) => ({ body: half, items: itemsIn(signal, half) }));
      const sum = halves.reduce((total, half) => total + half.items, 0);
      return halves.length > 1 && sum === items ? halves : undefined;
    } catch {
      return undefined;
    }
  }

  #isExpired({ storedBy }: Chain, { storedAt }: HeldRecord): boolean {
    const age = wallTime() - storedAt;
    return (storedBy === 'here' ? Math.min(age, now() - this.#since) : age) > this.#maxAgeMillis;
  }
}

async function pause(millis: number): Promise<void> {
  return new Promise((resolve) => void startTimer(resolve, millis));
}
