import { diag } from '@opentelemetry/api';
import { wallTime } from '@spillway/backpressure';
import type { OutgoingRequest } from '@spillway/otlp/transport';
import type { HandOver, TakeRequest } from '@spillway/pipeline';
import { Shipment, shippingObstacle } from './ship.ts';
import type { SpoolSink } from './spool-sink.ts';

/** What becomes of what is left when a process ends at once. */
export type ExitMethod = 'ship' | 'spool' | 'none';

/** What is needed of a pipeline, such as one of our processors. */
export interface EndingPipeline extends HandOver {
  forceFlush?(options?: { readonly timeoutMillis?: number }): Promise<void>;
  getMetrics(): { readonly droppedByReason: { readonly shutdown: number } };
}

const NOT_STORED = 'the spool did not take them';
const NOT_OURS = 'nobody else can send for an exporter that is not one of Spillway\'s';

/** Looks after what pipelines still hold when nothing can be awaited any more. */
export class LeftOver {
  readonly #exit: ExitMethod;
  readonly #pipelines: readonly EndingPipeline[];
  readonly #spool: SpoolSink | undefined;
  /** Why no child can ever be had. */
  readonly #obstacle: string | undefined;

  /** Says through `diag` what cannot be done as it was asked for, while something can still be done about it. */
  constructor(exit: ExitMethod, pipelines: readonly EndingPipeline[], spool: SpoolSink | undefined) {
    this.#exit = exit;
    this.#pipelines = pipelines;
    this.#spool = exit === 'spool' ? spool : undefined;
    const obstacle = shippingObstacle();
    this.#obstacle = obstacle === undefined ? undefined : `${obstacle} cannot ship what is left at process.exit() and crashes`;
    const lacksSpool = exit === 'spool' && spool === undefined;
    if (lacksSpool && obstacle === undefined) {
      diag.warn('Spillway: there is no spool for what is left at process.exit() and crashes; a child process ships it instead');
    }
    if ((lacksSpool || exit === 'ship') && obstacle !== undefined) diag.warn(`Spillway: ${this.#obstacle}; it is lost`);
  }

  get hasSpool(): boolean {
    return this.#spool !== undefined;
  }

  /** Saves everything, as the process ends. Never throws. */
  save(): void {
    if (this.#exit === 'none') return;
    const shipment = new Shipment({ startedAt: wallTime() });
    const ships = this.#obstacle === undefined;
    const take: TakeRequest = (request) => this.#store(request) || (ships && shipment.take(request));
    const lost = this.#handOver(take, () => shipment.isOver || !(ships || this.hasSpool));
    shipment.end();
    const reason = shipment.obstacle ?? (this.hasSpool ? NOT_STORED : (this.#obstacle ?? NOT_OURS));
    tellOfLoss(lost + shipment.lostItems, reason);
  }

  /** Saves everything to the spool, if there is one; without one everything stays where it is. Never throws. */
  saveToSpool(): void {
    if (this.#spool === undefined) return;
    const lost = this.#handOver((request) => this.#store(request), () => false);
    tellOfLoss(lost, NOT_STORED);
  }

  /**
   * Takes one request of each pipeline in turn: if there is no time for all, no signal is lost as a whole. And a pipeline
   * that fails does not cost the others what they hold.
   * @param isOver asked between requests; what is left then is given up
   * @returns items lost
   */
  #handOver(take: TakeRequest, isOver: () => boolean): number {
    const lostBefore = this.#lostItems;
    let holding = this.#pipelines;
    while (holding.length > 0 && !isOver()) holding = holding.filter((pipeline) => quietly(() => pipeline.handOverNext(take)) ?? false);
    for (const pipeline of holding) quietly(() => pipeline.giveUp());
    return this.#lostItems - lostBefore;
  }

  /** So far, by the counters of the pipelines: they also know of items of which no request could be made. */
  get #lostItems(): number {
    return this.#pipelines.reduce((sum, pipeline) => sum + (quietly(() => pipeline.getMetrics().droppedByReason.shutdown) ?? 0), 0);
  }

  #store(request: OutgoingRequest): boolean {
    return quietly(() => this.#spool?.write(request) === true) ?? false;
  }
}

/** The counters end with the process, so this line is all that is left of such a loss. */
function tellOfLoss(items: number, reason: string): void {
  // The logger behind `diag` is the application's.
  if (items > 0) quietly(() => diag.warn(`Spillway: ${items} spans and log records were lost as the process ended: ${reason}`));
}

function quietly<Result>(step: () => Result): Result | undefined {
  try {
    return step();
  } catch {
    return undefined;
  }
}
