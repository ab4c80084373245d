import type { FlushOutcome } from '../src/index.ts';
import { now, startTimer } from './simulated-clock.ts';

export interface ReceiverCosts {
  /** Milliseconds for each item, one after the other. */
  readonly itemMs: number;
  /** Milliseconds for each request, in addition to its items. */
  readonly requestMs: number;
  /** Milliseconds of a round trip. */
  readonly roundTripMs: number;
  /** Capacity of the link, which requests share; `Infinity` if it is not narrow. */
  readonly bytesPerMs: number;
  /** Whether the receiver still works on an aborted request, in vain. */
  readonly worksOnAborted: boolean;
}

/** How it fails during an outage. `silence`: no answer at all. `crawl`: everything takes ten times as long. */
export type OutageKind = '503' | 'reset' | 'unreachable' | 'silence' | 'crawl';

const CRAWL = 10;

interface Request {
  readonly items: number;
  bytesLeft: number;
  isAborted: boolean;
  readonly answer: () => void;
}

/** A receiver behind a link. It serves one request after the other. */
export class SimulatedReceiver {
  readonly #costs: ReceiverCosts;
  outage: OutageKind | undefined;
  readonly #transfers = new Set<Request>();
  #transferredAt = 0;
  #transferRun = 0;
  readonly #queue: Request[] = [];
  #isServing = false;
  requests = 0;

  constructor(costs: ReceiverCosts) {
    this.#costs = costs;
  }

  /** One attempt. */
  send(items: number, bytes: number, signal: AbortSignal): Promise<FlushOutcome> {
    this.requests += 1;
    return new Promise((resolve) => {
      const { outage } = this;
      const { roundTripMs, bytesPerMs } = this.#costs;
      signal.addEventListener('abort', () => {
        request.isAborted = true;
        this.#move();
        this.#transfers.delete(request);
        this.#schedule();
        resolve({ kind: 'retry', error: new Error('aborted') });
      });
      const request: Request = {
        items,
        bytesLeft: bytes,
        isAborted: false,
        answer: () => void startTimer(() => resolve({ kind: 'delivered' }), roundTripMs / 2),
      };
      if (outage === '503') startTimer(() => resolve({ kind: 'throttled', error: new Error('503') }), roundTripMs);
      else if (outage === 'reset') startTimer(() => resolve({ kind: 'retry', error: new Error('reset') }), roundTripMs);
      else if (outage === 'unreachable')
        startTimer(() => resolve({ kind: 'retry', error: new Error('refused'), unreachable: true }), roundTripMs);
      else if (outage !== 'silence') {
        startTimer(() => {
          if (request.isAborted) return;
          if (bytesPerMs === Infinity) return this.#enqueue(request);
          this.#move();
          this.#transfers.add(request);
          this.#schedule();
        }, roundTripMs / 2);
      }
    });
  }

  /** Transfers share the link evenly. */
  #move(): void {
    const share = ((now() - this.#transferredAt) * this.#costs.bytesPerMs) / Math.max(this.#transfers.size, 1);
    this.#transferredAt = now();
    for (const request of this.#transfers) request.bytesLeft -= share;
  }

  #schedule(): void {
    this.#transferRun += 1;
    const run = this.#transferRun;
    if (this.#transfers.size === 0) return;
    const least = Math.min(...[...this.#transfers].map(({ bytesLeft }) => bytesLeft));
    startTimer(
      () => {
        if (run !== this.#transferRun) return;
        this.#move();
        for (const request of this.#transfers) {
          if (request.bytesLeft > 1e-6) continue;
          this.#transfers.delete(request);
          this.#enqueue(request);
        }
        this.#schedule();
      },
      Math.max((least * this.#transfers.size) / this.#costs.bytesPerMs, 1e-3),
    );
  }

  #enqueue(request: Request): void {
    this.#queue.push(request);
    this.#serve();
  }

  #serve(): void {
    if (this.#isServing) return;
    let next = this.#queue.shift();
    while (next?.isAborted === true && !this.#costs.worksOnAborted) next = this.#queue.shift();
    if (next === undefined) return;
    this.#isServing = true;
    const served = next;
    const cost = (this.#costs.requestMs + served.items * this.#costs.itemMs) * (this.outage === 'crawl' ? CRAWL : 1);
    startTimer(() => {
      this.#isServing = false;
      if (!served.isAborted) served.answer();
      this.#serve();
    }, cost);
  }
}
