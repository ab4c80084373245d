/** When the program stops: it begins nothing any more, and waits for nothing. */
export class Stop {
  readonly #listeners = new Set<() => void>();
  #isOver = false;

  get isOver(): boolean {
    return this.#isOver;
  }

  stop(): void {
    this.#isOver = true;
    for (const listener of this.#listeners) listener();
  }

  /** Calls back when the program stops, or now if it has. @returns takes the callback back */
  whenStopped(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (this.#isOver) listener();
    return () => this.#listeners.delete(listener);
  }
}
