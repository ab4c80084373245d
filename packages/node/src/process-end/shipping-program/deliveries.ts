import { type FlushOutcome, startTimer, wallTime } from '@spillway/backpressure';
// From its source, as the parts of the transport in the other files.
import { halvesOf, itemsIn } from '../../../../otlp/src/transport/request-halves.ts';
import type { RequestHead } from '../shipping-frames.ts';
import type { ShippingReport } from '../shipping-reports.ts';
import { HttpSendingRoute, mayHaveArrived, type SendingRoute } from './sending-route.ts';
import type { Stop } from './stop.ts';

const FIRST_PAUSE_MILLIS = 50;
/** One refused connection may be that of a collector which is just restarting. */
const MOST_REFUSED_CONNECTIONS = 1;
/** Requests of all pipelines come in turn: by now there would have been one for another address. */
const MOST_IN_VAIN = 8;

/** By which reason a pipeline would count items that are lost with this outcome. */
const REASONS = {
  delivered: 'rejected',
  refused: 'rejected',
  too_large: 'too_large',
  retry: 'drain_timeout',
  throttled: 'drain_timeout',
} as const;

interface Result {
  readonly outcome: FlushOutcome;
  /** By this attempt or an earlier one. */
  readonly mayHaveArrived: boolean;
}

/**
 * Delivers requests, and repeats attempts that failed for a passing reason as long as there is time. Nobody listens at an address
 * that refuses a connection twice, so it gets nothing more; if no other address turns up, the program stops.
 */
export class Deliveries {
  readonly #deadline: number;
  readonly #stop: Stop;
  readonly #report: (report: ShippingReport) => void;
  readonly #routes = new Map<string, Promise<SendingRoute>>();
  readonly #origins = new Set<string>();
  /** With the outcome of the last attempt at each. */
  readonly #deserted = new Map<string, FlushOutcome>();
  /** The last request of metrics to each URL. */
  readonly #metrics = new Map<string, Promise<void>>();
  #countInVain = 0;

  /**
   * @param deadline on the clock of `Date.now()`, which the process that ends and this one share
   * @param stop is called if nothing can be delivered any more, and cuts off everything
   * @param report is told what became of each item
   */
  constructor(deadline: number, stop: Stop, report: (report: ShippingReport) => void) {
    this.#deadline = deadline;
    this.#stop = stop;
    this.#report = report;
  }

  /** Never rejects. Metrics to one URL go one request after the other, because an older value must not follow a newer one. */
  async deliver(request: RequestHead, body: Uint8Array): Promise<void> {
    if (request.signal !== 'metrics') return this.#deliver(request, body);
    const before = this.#metrics.get(request.url);
    const delivery =
      before === undefined ? this.#deliver(request, body) : before.then(() => this.#deliver(request, body));
    this.#metrics.set(request.url, delivery);
    return delivery;
  }

  async #deliver(request: RequestHead, body: Uint8Array): Promise<void> {
    let items = request.itemCount;
    try {
      const { origin } = new URL(request.url);
      this.#origins.add(origin);
      if (this.#deserted.has(origin)) this.#onVain();
      const parts = [{ body, items }];
      for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
        const { body: bytes } = part;
        const result = await this.#repeat(async () => this.#attempt(request, bytes), origin);
        const halves = result.outcome.kind === 'too_large' ? halvesOf(request.signal, bytes) : [];
        parts.unshift(...halves.map((half) => ({ body: half, items: itemsIn(request.signal, half) })));
        if (halves.length > 0) continue;
        items -= part.items;
        this.#settle(part.items, result);
      }
    } catch (error) {
      this.#report({
        kind: 'lost',
        items,
        reason: 'drain_timeout',
        cause: error instanceof Error ? error.message : String(error),
        mayHaveArrived: false,
      });
    }
  }

  async #attempt(request: RequestHead, body: Uint8Array): Promise<FlushOutcome> {
    const route = await this.#routeOf(request);
    return route.send(request.headers, body, this.#stop);
  }

  /** @returns the last outcome that says something: final, or there was no time for another attempt, or nobody listens */
  async #repeat(attempt: () => Promise<FlushOutcome>, origin: string): Promise<Result> {
    let isInDoubt = false;
    let refusedConnections = 0;
    let earlier: FlushOutcome | undefined;
    for (let pause = FIRST_PAUSE_MILLIS; ; pause *= 2) {
      const outcome = this.#deserted.get(origin) ?? (await attempt());
      isInDoubt ||= mayHaveArrived(outcome);
      if (outcome.kind !== 'retry' && outcome.kind !== 'throttled') return { outcome, mayHaveArrived: isInDoubt };
      if (isRefusedConnection(outcome.error)) refusedConnections += 1;
      if (refusedConnections > MOST_REFUSED_CONNECTIONS) this.#deserted.set(origin, outcome);
      const wait = Math.max(pause, (outcome.kind === 'throttled' && outcome.retryAfterMs) || 0);
      // An attempt that was cut off says less than a failure before it.
      const cause = this.#deserted.get(origin) ?? (this.#stop.isOver ? (earlier ?? outcome) : undefined);
      if (cause !== undefined) return { outcome: cause, mayHaveArrived: isInDoubt };
      if (wallTime() + wait >= this.#deadline) return { outcome, mayHaveArrived: isInDoubt };
      earlier = outcome;
      await this.#pause(wait);
    }
  }

  async #pause(millis: number): Promise<void> {
    return new Promise((resolve) => {
      const forget = this.#stop.whenStopped(resolve);
      startTimer(() => {
        forget();
        resolve();
      }, millis);
    });
  }

  async #routeOf(request: RequestHead): Promise<SendingRoute> {
    const key = JSON.stringify([
      request.url,
      request.socketPath,
      request.tls,
      request.proxy,
      request.isJson && request.signal,
      request.compression,
    ]);
    const route = this.#routes.get(key) ?? routeOf(request);
    this.#routes.set(key, route);
    return route;
  }

  #settle(items: number, { outcome, mayHaveArrived: isInDoubt }: Result): void {
    const lost = outcome.kind === 'delivered' ? Math.min(outcome.rejected ?? 0, items) : items;
    if (items > lost) this.#report({ kind: 'delivered', items: items - lost });
    if (lost === 0) return;
    const cause = outcome.error?.message ?? '';
    this.#report({ kind: 'lost', items: lost, reason: REASONS[outcome.kind], cause, mayHaveArrived: isInDoubt });
  }

  #onVain(): void {
    this.#countInVain += 1;
    if (this.#origins.size === this.#deserted.size && this.#countInVain >= MOST_IN_VAIN) this.#stop.stop();
  }
}

function isRefusedConnection(error: Error): boolean {
  return 'code' in error && error.code === 'ECONNREFUSED';
}

/** Only where it is needed, because to load HTTP/2 takes longer than everything else that this program does at its start. */
async function routeOf(request: RequestHead): Promise<SendingRoute> {
  if (!request.isGrpc) return new HttpSendingRoute(request);
  const { GrpcSendingRoute } = await import('./grpc-sending-route.ts');
  return new GrpcSendingRoute(request);
}
