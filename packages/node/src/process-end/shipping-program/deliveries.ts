import { type FlushOutcome, startTimer, wallTime } from '@spillway/backpressure';
import type { RequestHead } from '../shipping-frames.ts';
import { halvesOf } from './request-halves.ts';
import { SendingRoute } from './sending-route.ts';

const FIRST_PAUSE_MILLIS = 50;
/** One refused connection may be that of a collector which is just restarting. */
const MOST_REFUSED_CONNECTIONS = 1;
/** Requests of all pipelines come in turn: by now there would have been one for another address. */
const MOST_IN_VAIN = 8;

/**
 * Delivers requests, and repeats attempts that failed for a passing reason as long as there is time. Nobody listens at an address
 * that refuses a connection twice, so it gets nothing more; if no other address turns up, the program ends.
 */
export class Deliveries {
  readonly #deadline: number;
  readonly #end: () => void;
  readonly #routes = new Map<string, Promise<SendingRoute>>();
  readonly #origins = new Set<string>();
  readonly #deserted = new Set<string>();
  #countInVain = 0;

  /**
   * @param deadline on the clock of `Date.now()`, which the process that ends and this one share
   * @param end is called if nothing can be delivered any more
   */
  constructor(deadline: number, end: () => void) {
    this.#deadline = deadline;
    this.#end = end;
  }

  async deliver(request: RequestHead, body: Uint8Array): Promise<void> {
    const { origin } = new URL(request.url);
    this.#origins.add(origin);
    if (this.#deserted.has(origin)) return this.#onVain();
    const route = await this.#routeOf(request);
    const bodies = [body];
    for (let part = bodies.shift(); part !== undefined; part = bodies.shift()) {
      const outcome = await this.#repeat(async (bytes) => route.send(request.headers, bytes), part, origin);
      if (outcome?.kind === 'too_large') bodies.unshift(...halvesOf(part));
    }
  }

  /** @returns the final outcome; `undefined` if there was no time for one, or nobody listens */
  async #repeat(
    send: (body: Uint8Array) => Promise<FlushOutcome>,
    body: Uint8Array,
    origin: string,
  ): Promise<FlushOutcome | undefined> {
    let refusedConnections = 0;
    for (let pause = FIRST_PAUSE_MILLIS; !this.#deserted.has(origin); pause *= 2) {
      const outcome = await send(body);
      if (outcome.kind !== 'retry' && outcome.kind !== 'throttled') return outcome;
      if (isRefusedConnection(outcome.error)) refusedConnections += 1;
      if (refusedConnections > MOST_REFUSED_CONNECTIONS) this.#deserted.add(origin);
      const wait = Math.max(pause, (outcome.kind === 'throttled' && outcome.retryAfterMs) || 0);
      if (wallTime() + wait >= this.#deadline) return undefined;
      if (!this.#deserted.has(origin)) await new Promise<void>((resolve) => void startTimer(resolve, wait));
    }
    return undefined;
  }

  async #routeOf(request: RequestHead): Promise<SendingRoute> {
    const key = JSON.stringify([request.url, request.tls, request.proxy, request.jsonOf, request.compression]);
    const route = this.#routes.get(key) ?? SendingRoute.of(request);
    this.#routes.set(key, route);
    return route;
  }

  #onVain(): void {
    this.#countInVain += 1;
    if (this.#origins.size === this.#deserted.size && this.#countInVain >= MOST_IN_VAIN) this.#end();
  }
}

function isRefusedConnection(error: Error): boolean {
  return 'code' in error && error.code === 'ECONNREFUSED';
}
