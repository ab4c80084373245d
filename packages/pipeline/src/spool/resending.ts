import { type BackpressureController, type FlushOutcome, now, startTimer, wholeFrom1 } from '@spillway/backpressure';
import type { OtlpTransport } from '@spillway/otlp/transport';
import { withinExport } from '../scope/export-scope.ts';
import { AdoptedItems } from './adopted-items.ts';
import type { ResendResult, SpoolLossReason, StoredBy, StoredRequest } from './request-spool.ts';

/** A request is halved after this many failures in a row that may be due to its items, or to its size. */
const FAILURES_TO_HALVE = 3;
/** A single item is given up after this many: even a consumer that fails every other request would have taken it. */
const FAILURES_TO_GIVE_UP = 20;
/** And not before this, because trouble on the network may pass. */
const SUSPECTED_FOR_MS = 10_000;
/** The controller does not wait for a request that fails while others succeed. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

/** The methods of the controller that are used. */
export type ReadmittingController = Pick<
  BackpressureController<never, never>,
  'adopt' | 'readmit' | 'discardSpilled' | 'spill' | 'getMetrics' | 'inspect'
>;

/** Is told of items that were delivered, for the log. */
interface ResendingListener {
  onResent(items: number): void;
}

/** Sends what a spool has stored, and counts what becomes of it. */
export class Resending {
  readonly #controller: ReadmittingController;
  readonly #transport: OtlpTransport;
  readonly #listener: ResendingListener;
  readonly #adopted = new AdoptedItems();
  readonly #ended: Promise<void>;
  #end = (): void => {};

  constructor(controller: ReadmittingController, transport: OtlpTransport, listener: ResendingListener) {
    this.#controller = controller;
    this.#transport = transport;
    this.#listener = listener;
    this.#ended = new Promise((resolve) => (this.#end = resolve));
  }

  /** The place is closed, so requests that came back are not resent. */
  end(): void {
    this.#end();
  }

  /**
   * See `SpoolingPipeline.resend`.
   * @throws (rejects) RangeError or TypeError for a request that makes no sense
   */
  async resend(request: StoredRequest): Promise<ResendResult> {
    const { items, storedBy } = request;
    this.#see(items, storedBy);
    const result = await this.#resend(request);
    if (result !== 'settled' && storedBy === 'elsewhere') this.#adopted.onKept(items);
    return result;
  }

  /** See `SpoolingPipeline.onLost`. @throws RangeError for a reason or a number that makes no sense */
  onLost(reason: SpoolLossReason, items: number, storedBy: StoredBy): void {
    this.#see(items, storedBy);
    this.#controller.discardSpilled(reason, items);
  }

  #see(items: number, storedBy: StoredBy): void {
    wholeFrom1('items of a stored request', items);
    if (storedBy !== 'elsewhere') return;
    this.#controller.adopt(this.#adopted.onSeen(items));
  }

  async #resend({ items, body, ...request }: StoredRequest): Promise<ResendResult> {
    let { underWay } = request;
    const since = now();
    let failures = 0;
    for (;;) {
      const readmission = await this.#readmit(items, body, underWay);
      underWay = undefined;
      if (readmission === 'out of bounds') return this.#exceedsBounds(items);
      const { kind, outcome } = readmission;
      if (kind === 'settled') {
        this.#listener.onResent(deliveredOf(outcome, items));
        return 'settled';
      }
      if (outcome === undefined) {
        // The controller is closed. The spool would ask again and again until its place is closed, too.
        await this.#ended;
        return 'kept';
      }
      if (outcome.kind === 'too_large') return 'too_large';
      const { othersSucceed = false } = readmission;
      if (!othersSucceed && !isTimeout(outcome)) return 'kept';
      failures = isDenied(outcome) ? 0 : failures + 1;
      if (failures >= FAILURES_TO_HALVE && items > 1) return 'too_large';
      if (othersSucceed && failures >= FAILURES_TO_GIVE_UP && now() - since >= SUSPECTED_FOR_MS) {
        this.#controller.discardSpilled('undeliverable', items);
        return 'settled';
      }
      if (othersSucceed) await pause(Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS), this.#ended);
    }
  }

  async #readmit(items: number, body: StoredRequest['body'], underWay: StoredRequest['underWay']) {
    try {
      return await this.#controller.readmit({
        items,
        bytes: body.byteLength,
        send: ({ signal }) => underWay ?? withinExport(() => this.#transport.send(body, signal)),
      });
    } catch (error) {
      // Another process may have had a larger queue.
      if (error instanceof RangeError) return 'out of bounds';
      throw error;
    }
  }

  #exceedsBounds(items: number): ResendResult {
    if (items > 1) return 'too_large';
    this.#controller.discardSpilled('too_large', items);
    return 'settled';
  }
}

function deliveredOf(outcome: FlushOutcome | undefined, items: number): number {
  return outcome?.kind === 'delivered' ? items - (outcome.rejected ?? 0) : 0;
}

function isTimeout(outcome: FlushOutcome): boolean {
  return outcome.kind === 'retry' && outcome.timedOut === true;
}

function isDenied(outcome: FlushOutcome): boolean {
  return outcome.kind === 'retry' && outcome.denied === true;
}

/** Resolves after some time, or at the end. */
async function pause(millis: number, ended: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof startTimer> | undefined;
  const over = new Promise<void>((resolve) => (timer = startTimer(resolve, millis)));
  await Promise.race([over, ended]);
  timer?.cancel();
}
