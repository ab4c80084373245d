import type { PipelineStatus } from './pipeline/pipeline.ts';

/** What one pipeline said of itself that must not be forgotten with the next sample. */
export class SignalHistory {
  readonly #contradictions = new Set<string>();
  #mostHeldBytes: number | undefined;

  note({ heldBytes, contradictions }: PipelineStatus): void {
    if (heldBytes !== undefined) this.#mostHeldBytes = Math.max(this.#mostHeldBytes ?? 0, heldBytes);
    for (const contradiction of contradictions) this.#contradictions.add(contradiction);
  }

  /** Where its accounts did not add up. */
  get contradictions(): readonly string[] {
    return [...this.#contradictions];
  }

  /** The most bytes that it was seen to hold; undefined where it does not say. */
  get mostHeldBytes(): number | undefined {
    return this.#mostHeldBytes;
  }
}
