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
}

/** Looks after what pipelines still hold when nothing can be awaited any more. */
export class LeftOver {
  readonly #pipelines: readonly EndingPipeline[];
  readonly #spool: SpoolSink | undefined;
  readonly #ships: boolean;

  /** Says through `diag` what cannot be done as it was asked for: later nothing is said. */
  constructor(exit: ExitMethod, pipelines: readonly EndingPipeline[], spool: SpoolSink | undefined) {
    this.#pipelines = pipelines;
    this.#spool = exit === 'spool' ? spool : undefined;
    const obstacle = shippingObstacle();
    this.#ships = exit !== 'none' && obstacle === undefined;
    const lacksSpool = exit === 'spool' && spool === undefined;
    if (lacksSpool && this.#ships) {
      diag.warn('Spillway: there is no spool for what is left at process.exit() and crashes; a child process ships it instead');
    }
    if ((lacksSpool || exit === 'ship') && obstacle !== undefined) {
      diag.warn(`Spillway: ${obstacle} cannot ship what is left at process.exit() and crashes; it is lost`);
    }
  }

  get hasSpool(): boolean {
    return this.#spool !== undefined;
  }

  /** Saves everything, as the process ends. Never throws. */
  save(): void {
    if (this.#spool === undefined && !this.#ships) return;
    const shipment = new Shipment({ startedAt: wallTime() });
    const take: TakeRequest = (request) => this.#store(request) || (this.#ships && shipment.take(request));
    const lost = this.#handOver(take, () => shipment.isOver);
    shipment.end();
    tellOfLoss(lost, shipment.obstacle ?? 'the spool did not take them');
  }

  /** Saves everything to the spool, if there is one; without one everything stays where it is. Never throws. */
  saveToSpool(): void {
    if (this.#spool === undefined) return;
    const lost = this.#handOver((request) => this.#store(request), () => false);
    tellOfLoss(lost, 'the spool did not take them');
  }

  /**
   * Takes one request of each pipeline in turn: if there is no time for all, no signal is lost as a whole. And a pipeline
   * that fails does not cost the others what they hold.
   * @param isOver asked between requests; what is left then is given up
   * @returns items lost
   */
  #handOver(take: TakeRequest, isOver: () => boolean): number {
    let lost = 0;
    const taken: TakeRequest = (request) => {
      const isTaken = take(request);
      if (!isTaken) lost += request.itemCount;
      return isTaken;
    };
    let holding = this.#pipelines;
    while (holding.length > 0 && !isOver()) holding = holding.filter((pipeline) => quietly(() => pipeline.handOverNext(taken)) ?? false);
    for (const pipeline of holding) lost += quietly(() => pipeline.giveUp()) ?? 0;
    return lost;
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
