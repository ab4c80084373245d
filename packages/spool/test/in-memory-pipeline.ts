import type { Signal } from '@spillway/config';
import type { RequestToStore, SpoolingPipeline, StoredBy, StoredRequest } from '@spillway/pipeline';

type Answer = Awaited<ReturnType<SpoolingPipeline['resend']>>;

/** Stands in for a pipeline: it notes what is resent to it and what is lost, and answers as a test tells it. */
export class InMemoryPipeline implements SpoolingPipeline {
  readonly name = 'TestProcessor';
  readonly signal: Signal;
  readonly resent: { readonly text: string; readonly items: number; readonly storedBy: StoredBy }[] = [];
  readonly lost: { readonly reason: string; readonly items: number; readonly storedBy: StoredBy }[] = [];
  /** How many requests it has at the moment. */
  inFlight = 0;
  mostInFlight = 0;
  answer: (request: StoredRequest) => Answer | Promise<Answer> = () => 'settled';

  constructor(signal: Signal = 'traces') {
    this.signal = signal;
  }

  async resend(request: StoredRequest): Promise<Answer> {
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    const before = Buffer.concat(request.body.chunks);
    const answer = await this.answer(request);
    this.inFlight -= 1;
    if (!before.equals(Buffer.concat(request.body.chunks))) throw new Error('The body changed while it was in flight');
    if (answer === 'settled')
      this.resent.push({ text: before.toString('latin1'), items: request.items, storedBy: request.storedBy });
    return answer;
  }

  onLost(reason: string, items: number, storedBy: StoredBy): void {
    this.lost.push({ reason, items, storedBy });
  }

  get resentItems(): number {
    return sum(this.resent);
  }

  /** Counted as lost, for these reasons or all. */
  lostItems(...reasons: readonly string[]): number {
    return sum(this.lost.filter(({ reason }) => reasons.length === 0 || reasons.includes(reason)));
  }
}

/** A request with a body that tells it from others, in several chunks. */
export function requestOf(text: string, items = 1, size = text.length): RequestToStore {
  const bytes = Buffer.alloc(Math.max(size, text.length), '.');
  bytes.write(text, 'latin1');
  const middle = bytes.length >> 1;
  return { items, body: { chunks: [bytes.subarray(0, middle), bytes.subarray(middle)], byteLength: bytes.length } };
}

function sum(entries: readonly { readonly items: number }[]): number {
  return entries.reduce((total, { items }) => total + items, 0);
}
