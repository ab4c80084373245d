import type { BackpressureState } from './backpressure-state.ts';
import type { DropReason } from './drop-reason.ts';
import type { FlushReport } from './flush-report.ts';

/** Is told what happens in a pipeline: a log, metrics, or the application. Errors that a hook throws are ignored. */
export interface PipelineObserver {
  /** Called after each change of state. */
  onStateChange?(state: BackpressureState, previous: BackpressureState): void;
  /** Called when items were refused, were given up, or have failed, with the reason and their number. */
  onDrop?(reason: DropReason, count: number): void;
  /** Called after each flush has settled. */
  onFlush?(report: FlushReport): void;
  /** Called once, when the controller begins to close. */
  onClosing?(): void;
  /** Called for an item that was not even built, because it would have been refused or sampled out. */
  onNotBuilt?(): void;
}

/** One observer, and whether its `onDrop` is running. */
interface Observed {
  readonly observer: PipelineObserver;
  isDropping: boolean;
}

/**
 * The observers of one pipeline, called in the order in which they were added. Hooks are called only from here. A hook
 * that throws or rejects affects neither the flow nor the other observers.
 */
export class Observers implements Required<PipelineObserver> {
  /** Replaced, never changed, so that a call goes on with the observers that it began with. */
  #observed: readonly Observed[] = [];

  /** @param observers the first ones */
  constructor(observers: readonly PipelineObserver[] = []) {
    for (const observer of observers) this.add(observer);
  }

  /** @returns a function that removes the observer */
  add(observer: PipelineObserver): () => void {
    const observed: Observed = { observer, isDropping: false };
    this.#observed = [...this.#observed, observed];
    return () => {
      this.#observed = this.#observed.filter((other) => other !== observed);
    };
  }

  onStateChange(state: BackpressureState, previous: BackpressureState): void {
    this.#tell(({ observer }) => observer.onStateChange?.(state, previous));
  }

  /**
   * If an observer's own pushes drop items, it is not told, because it would go on for ever. The other observers are
   * told. In the hot path under load, so it allocates nothing: no function is made for a call.
   */
  onDrop(reason: DropReason, count: number): void {
    const all = this.#observed;
    for (let index = 0; index < all.length; index += 1) {
      const observed = all[index] as Observed;
      if (observed.isDropping) continue;
      observed.isDropping = true;
      try {
        ignoreRejection(observed.observer.onDrop?.(reason, count));
      } catch {
        // See #tell.
      }
      observed.isDropping = false;
    }
  }

  onFlush(report: FlushReport): void {
    this.#tell(({ observer }) => observer.onFlush?.(report));
  }

  onClosing(): void {
    this.#tell(({ observer }) => observer.onClosing?.());
  }

  onNotBuilt(): void {
    this.#tell(({ observer }) => observer.onNotBuilt?.());
  }

  #tell(call: (observed: Observed) => unknown): void {
    for (const observed of this.#observed) {
      try {
        ignoreRejection(call(observed));
      } catch {
        // A bug in an observer must not stop the flow, and there is nowhere to report it.
      }
    }
  }
}

/** A hook may be an asynchronous function, although nothing waits for it. */
function ignoreRejection(returned: unknown): void {
  if (returned instanceof Promise) returned.catch(() => {});
}
