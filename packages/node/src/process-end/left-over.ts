import { diag } from '@opentelemetry/api';
import { wallTime } from '@spillway/backpressure';
import type { OutgoingRequest } from '@spillway/otlp';
import { ship, shippingObstacle } from './ship.ts';
import type { SpoolSink } from './spool-sink.ts';

/** What becomes of what is left when a process ends at once. */
export type ExitMethod = 'ship' | 'spool' | 'none';

/** What is needed of a pipeline, such as a processor of ours. */
export interface EndingPipeline {
  /** Ends it, and gives what it still holds. */
  handOver(): readonly OutgoingRequest[];
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
    const startedAt = wallTime();
    const requests = this.#handOver();
    if (requests.length === 0) return;
    const unsaved = requests.slice(this.#store(requests));
    if (unsaved.length > 0 && this.#ships) ship(unsaved, startedAt);
  }

  /** Saves everything to the spool, where there is one; without one everything stays where it is. Never throws. */
  saveToSpool(): void {
    if (this.#spool === undefined) return;
    const requests = this.#handOver();
    if (requests.length > 0) this.#store(requests);
  }

  /**
   * One request of each pipeline in turn: where the time does not suffice for all, no signal is lost whole. And one pipeline
   * that fails must not cost the others what they hold.
   */
  #handOver(): OutgoingRequest[] {
    const held = this.#pipelines.map((pipeline) => {
      try {
        return pipeline.handOver();
      } catch {
        return [];
      }
    });
    return held
      .flatMap((requests) => requests.map((request, turn) => ({ request, turn })))
      .toSorted((one, other) => one.turn - other.turn)
      .map(({ request }) => request);
  }

  /** @returns how many are safe */
  #store(requests: readonly OutgoingRequest[]): number {
    try {
      const count = this.#spool?.write(requests) ?? 0;
      return count > 0 ? count : 0;
    } catch {
      return 0;
    }
  }
}
