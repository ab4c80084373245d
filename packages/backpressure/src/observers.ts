import type { BackpressureState } from './backpressure-state.ts';
import type { DropReason } from './drop-reason.ts';
import type { FlushReport } from './flush-report.ts';

/** Somebody who wants to know what happens in a pipeline: a log, metrics, the application. What a hook throws is ignored. */
export interface PipelineObserver {
  /** Called after each change of state. */
  onStateChange?(state: BackpressureState, previous: BackpressureState): void;
  /** Called for every item that is not let in, is given up, or has failed, with the reason. */
  onDrop?(reason: DropReason, count: number): void;
  /** Called after each flush has settled. */
  onFlush?(report: FlushReport): void;
  /** Called for an item that was not even made, because it would have been refused or sampled out. */
  onNotBuilt?(): void;
}

/** One observer, and the hooks of it that are running. */
interface Observed {
  readonly observer: PipelineObserver;
  isDropping: boolean;
}

/**
 * The observers of one pipeline, told in the order in which they came. This is the only place from which hooks are called. A
 * hook that throws, or rejects, harms neither the flow nor the other observers.
 */
export class Observers implements Required<PipelineObserver> {
  readonly #observed: Observed[] = [];

  /** @param observers told from the beginning */
  constructor(observers: readonly PipelineObserver[] = []) {
    for (const observer of observers) this.add(observer);
  }

  /** @returns a function that takes the observer off the list */
  add(observer: PipelineObserver): () => void {
    const observed: Observed = { observer, isDropping: false };
    this.#observed.push(observed);
    return () => {
      const index = this.#observed.indexOf(observed);
      if (index !== -1) this.#observed.splice(index, 1);
    };
  }

  onStateChange(state: BackpressureState, previous: BackpressureState): void {
    this.#tell(({ observer }) => observer.onStateChange?.(state, previous));
  }

  /** An observer that drops items by its own pushes is not told of those: it would drop for ever. The others are. */
  onDrop(reason: DropReason, count: number): void {
    // With each eviction, and often with nobody to tell.
    if (this.#observed.length === 0) return;
    this.#tell((observed) => {
      if (observed.isDropping) return undefined;
      observed.isDropping = true;
      try {
        return observed.observer.onDrop?.(reason, count);
      } finally {
        observed.isDropping = false;
      }
    });
  }

  onFlush(report: FlushReport): void {
    this.#tell(({ observer }) => observer.onFlush?.(report));
  }

  onNotBuilt(): void {
    this.#tell(({ observer }) => observer.onNotBuilt?.());
  }

  #tell(call: (observed: Observed) => unknown): void {
    // A copy, because a hook may add or remove observers.
    for (const observed of [...this.#observed]) {
      try {
        const returned = call(observed);
        if (returned instanceof Promise) returned.catch(() => {});
      } catch {
        // The observer's bug must not stop the flow, and there is nobody to tell.
      }
    }
  }
}
