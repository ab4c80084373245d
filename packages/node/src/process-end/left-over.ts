import { diag } from '@opentelemetry/api';
import { wallTime } from '@spillway/backpressure';
import type { OutgoingRequest } from '@spillway/otlp/transport';
import type { HandOver, TakeRequest } from '@spillway/pipeline';
import { type LostItems, lossLine } from './lost-items.ts';
import { Shipment, shippingObstacle } from './ship.ts';
import type { SpoolSink } from './spool-sink.ts';

/** What happens to held items when a process ends immediately. */
export type ExitMethod = 'ship' | 'spool' | 'none';

/** The part of a pipeline that is needed, such as one of our processors. */
export interface EndingPipeline extends HandOver {
  forceFlush?(options?: { readonly timeoutMillis?: number }): Promise<void>;
  getMetrics(): { readonly droppedByReason: { readonly drain_timeout: number } };
}

const NOT_STORED = 'the spool did not store them';
/** A foreign one, gRPC through a proxy, or lines of JSON whose code is not loaded yet. */
const NOT_HANDED_OVER = 'their exporter cannot hand them over to another process';

/** Saves the items that pipelines still hold when nothing can be awaited any more. */
export class LeftOver {
  readonly #exit: ExitMethod;
  readonly #pipelines: readonly EndingPipeline[];
  readonly #spool: SpoolSink | undefined;
  /** Why no child process can be started here at all. */
  readonly #obstacle: string | undefined;

  /** Warns through `diag` of options that will not work, while the user can still do something about it. */
  constructor(exit: ExitMethod, pipelines: readonly EndingPipeline[], spool: SpoolSink | undefined) {
    this.#exit = exit;
    this.#pipelines = pipelines;
    this.#spool = exit === 'spool' ? spool : undefined;
    const obstacle = shippingObstacle();
    this.#obstacle =
      obstacle === undefined ? undefined : `${obstacle} cannot ship items that are left at process.exit() and crashes`;
    const lacksSpool = exit === 'spool' && spool === undefined;
    if (lacksSpool && obstacle === undefined) {
      diag.warn(
        'Spillway: there is no spool for items that are left at process.exit() and crashes; a child process ships them instead',
      );
    }
    if ((lacksSpool || exit === 'ship') && obstacle !== undefined)
      diag.warn(`Spillway: ${this.#obstacle}; they are lost`);
  }

  get hasSpool(): boolean {
    return this.#spool !== undefined;
  }

  /** Saves everything while the process ends. Never throws. */
  save(): void {
    if (this.#exit === 'none') return;
    const shipment = new Shipment({ startedAt: wallTime() });
    const ships = this.#obstacle === undefined;
    const take: TakeRequest = (request) => this.#store(request) || (ships && shipment.take(request));
    const lost = this.#handOver(take, () => shipment.isOver || !(ships || this.hasSpool));
    shipment.end();
    const cause = shipment.obstacle ?? (this.hasSpool ? NOT_STORED : (this.#obstacle ?? NOT_HANDED_OVER));
    tellOfLoss([givenUp(lost, cause), ...shipment.losses]);
  }

  /** Saves everything to the spool, if there is one; otherwise does nothing. Never throws. */
  saveToSpool(): void {
    if (this.#spool === undefined) return;
    const lost = this.#handOver(
      (request) => this.#store(request),
      () => false,
    );
    tellOfLoss([givenUp(lost, NOT_STORED)]);
  }

  /**
   * Takes one request of each pipeline in turn, so that no signal is lost as a whole if time runs out. A pipeline that
   * fails does not affect the others.
   * @param isOver asked between requests; once true, the remaining items are given up
   * @returns items lost
   */
  #handOver(take: TakeRequest, isOver: () => boolean): number {
    const lostBefore = this.#lostItems;
    let holding = this.#pipelines;
    while (holding.length > 0 && !isOver())
      holding = holding.filter((pipeline) => quietly(() => pipeline.handOverNext(take)) ?? false);
    for (const pipeline of holding) quietly(() => pipeline.giveUp());
    return this.#lostItems - lostBefore;
  }

  /** So far, by the counters of the pipelines, which also count items that could not be made into a request. */
  get #lostItems(): number {
    return this.#pipelines.reduce(
      (sum, pipeline) => sum + (quietly(() => pipeline.getMetrics().droppedByReason.drain_timeout) ?? 0),
      0,
    );
  }

  #store(request: OutgoingRequest): boolean {
    return quietly(() => this.#spool?.write(request) === true) ?? false;
  }
}

function givenUp(items: number, cause: string): LostItems {
  return { items, reason: 'drain_timeout', cause, mayHaveArrived: false };
}

/** The counters end with the process, so this line is the only trace of such a loss. */
function tellOfLoss(losses: readonly LostItems[]): void {
  const line = lossLine(losses);
  // The application's logger is behind `diag`, and may throw.
  if (line !== undefined) quietly(() => diag.warn(line));
}

function quietly<Result>(step: () => Result): Result | undefined {
  try {
    return step();
  } catch {
    return undefined;
  }
}
