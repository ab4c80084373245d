import type { PipelineStatus } from './pipeline/pipeline.ts';

/** Reports of one pipeline that must not be lost when the next sample comes. */
export class SignalHistory {
  readonly #contradictions = new Set<string>();
  #mostHeldBytes: number | undefined;

  note({ heldBytes, contradictions }: PipelineStatus): void {
    if (heldBytes !== undefined) this.#mostHeldBytes = Math.max(this.#mostHeldBytes ?? 0, heldBytes);
    for (const contradiction of contradictions) this.#contradictions.add(contradiction);
  }

  /** Counters that did not add up. */
  get contradictions(): readonly string[] {
    return [...this.#contradictions];
  }

  /** The most bytes that it held in any sample; undefined if it does not report them. */
  get mostHeldBytes(): number | undefined {
    return this.#mostHeldBytes;
  }
}
