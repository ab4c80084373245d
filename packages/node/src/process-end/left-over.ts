import { diag } from '@opentelemetry/api';
import { wallTime } from '@spillway/backpressure';
import type { ExitName } from '@spillway/config';
import type { HandOver, HandOverOrder, ProcessorMetrics, TakeRequest } from '@spillway/pipeline';
import { lastLine } from './last-line.ts';
import type { LostItems } from './lost-items.ts';
import { Shipment, shippingObstacle } from './ship.ts';

/** What happens to held items when a process ends immediately. */
export type ExitMethod = ExitName;

/** The part of a pipeline that is needed, such as one of our processors. */
export interface EndingPipeline extends HandOver {
  forceFlush?(options?: { readonly timeoutMillis?: number }): Promise<void>;
  getMetrics(): Pick<ProcessorMetrics, 'eventsSpilled' | 'eventsNotBuilt' | 'droppedByReason' | 'spool'>;
}

const NOT_STORED = 'the spool did not store them';
const NO_TIME = 'the drain had no time left';
const TOO_LATE = 'they were made after the pipelines had ended';
/** A foreign one, gRPC through a proxy, or lines of JSON in a bundle, whose code is not there yet. */
const NOT_HANDED_OVER = 'their exporter cannot hand them over to another process';

/** Saves the items that pipelines still hold when nothing can be awaited any more. */
export class LeftOver {
  readonly #exit: ExitMethod;
  readonly #pipelines: readonly EndingPipeline[];
  /** Those with a spool. They store what is left by themselves, or what nobody else takes. */
  readonly #spooled: ReadonlySet<EndingPipeline>;
  /** Why no child process can be started here at all. */
  readonly #obstacle: string | undefined;
  /** Set when the pipelines have ended, and log nothing any more. */
  #told: Counts | undefined;

  /** Warns through `diag` of options that will not work, while the user can still do something about it. */
  constructor(exit: ExitMethod, pipelines: readonly EndingPipeline[]) {
    this.#exit = exit;
    this.#pipelines = pipelines;
    this.#spooled = new Set(pipelines.filter((pipeline) => pipeline.getMetrics().spool !== undefined));
    const obstacle = shippingObstacle();
    this.#obstacle =
      obstacle === undefined ? undefined : `${obstacle} cannot ship items that are left at process.exit() and crashes`;
    if (exit === 'spool' && this.#spooled.size === 0 && obstacle === undefined) {
      diag.warn(
        'Spillway: there is no spool for items that are left at process.exit() and crashes; a child process ships them instead',
      );
    }
    if (exit !== 'none' && this.#spooled.size < pipelines.length && obstacle !== undefined)
      diag.warn(`Spillway: ${this.#obstacle}; they are lost`);
  }

  /** Saves everything while the process ends. Never throws. */
  save(): void {
    if (this.#exit === 'none') return this.#giveUp();
    const shipment = new Shipment({ startedAt: wallTime() });
    const ships = this.#obstacle === undefined;
    const ship: TakeRequest = (request) => ships && shipment.take(request);
    const before = this.#told ?? this.#counts();
    this.#handOver(ship, this.#exit === 'ship' ? 'taker first' : 'spool first', () => !ships || shipment.isOver);
    shipment.end();
    const { spilled, timedOut, notWritten, refused } = this.#countsSince(before);
    const cause =
      shipment.obstacle ?? (ships ? NOT_HANDED_OVER : this.#spooled.size > 0 ? NOT_STORED : (this.#obstacle ?? ''));
    tell(spilled - shipment.takenItems, shipment.deliveredItems, [
      lost(timedOut, 'drain_timeout', cause),
      lost(notWritten, 'spool_full', NOT_STORED),
      lost(refused, 'already_shutdown', TOO_LATE),
      ...shipment.losses,
    ]);
  }

  /** Stores what a drain has left because its time is over. What no spool takes is lost. Never throws. */
  saveRest(): void {
    const before = this.#told ?? this.#counts();
    this.#handOver(
      () => false,
      'spool first',
      () => true,
    );
    const { spilled, timedOut, notWritten, refused } = this.#countsSince(before);
    tell(spilled, 0, [
      lost(timedOut, 'drain_timeout', NO_TIME),
      lost(notWritten, 'spool_full', NOT_STORED),
      lost(refused, 'already_shutdown', TOO_LATE),
    ]);
  }

  /** What the spool already has is written. */
  #giveUp(): void {
    for (const pipeline of this.#spooled) quietly(() => pipeline.giveUp());
  }

  /**
   * Takes one request of each pipeline in turn, so that no signal is lost as a whole if time runs out. A pipeline that
   * fails does not affect the others.
   * @param isOver asked before each request; once true, the remaining items of pipelines without a spool are given up
   */
  #handOver(take: TakeRequest, order: HandOverOrder, isOver: () => boolean): void {
    let holding = this.#pipelines;
    while (holding.length > 0) {
      holding = holding.filter((pipeline) => {
        if (this.#spooled.has(pipeline) || !isOver()) return quietly(() => pipeline.handOverNext(take, order)) ?? false;
        quietly(() => pipeline.giveUp());
        return false;
      });
    }
  }

  #countsSince(before: Counts): Counts {
    const after = this.#counts();
    this.#told = after;
    return {
      spilled: after.spilled - before.spilled,
      timedOut: after.timedOut - before.timedOut,
      notWritten: after.notWritten - before.notWritten,
      refused: after.refused - before.refused,
    };
  }

  /** So far, by the counters of the pipelines, which also count items that could not be made into a request. */
  #counts(): Counts {
    const sums = { spilled: 0, timedOut: 0, notWritten: 0, refused: 0 };
    for (const pipeline of this.#pipelines) {
      const metrics = quietly(() => pipeline.getMetrics());
      if (metrics === undefined) continue;
      sums.spilled += metrics.eventsSpilled;
      sums.timedOut += metrics.droppedByReason.drain_timeout;
      sums.notWritten += metrics.droppedByReason.spool_full;
      sums.refused += metrics.droppedByReason.already_shutdown + metrics.eventsNotBuilt;
    }
    return sums;
  }
}

/** Items. */
interface Counts {
  readonly spilled: number;
  readonly timedOut: number;
  /** The spool has taken them, and no file does. */
  readonly notWritten: number;
  /** They came when the pipelines had ended. Until then, pipelines log that themselves. */
  readonly refused: number;
}

function lost(items: number, reason: LostItems['reason'], cause: string): LostItems {
  return { items, reason, cause, mayHaveArrived: false };
}

/** The counters end with the process, so this line is the only trace of them. */
function tell(stored: number, shipped: number, losses: readonly LostItems[]): void {
  const line = lastLine(stored, shipped, losses);
  // The application's logger is behind `diag`, and may throw.
  if (line !== undefined) quietly(() => diag[line.level](line.text));
}

function quietly<Result>(step: () => Result): Result | undefined {
  try {
    return step();
  } catch {
    return undefined;
  }
}
