import { EventEmitter, once } from 'node:events';

/** Paths of requests that a gateway's server has not answered in time. */
export class TimedOutPaths {
  readonly #paths = new Set<string>();
  readonly #added = new EventEmitter();

  add(path: string): void {
    this.#paths.add(path);
    this.#added.emit('path');
  }

  /** Until requests of that many paths were not answered in time. */
  async until(count: number): Promise<void> {
    while (this.#paths.size < count) await once(this.#added, 'path');
  }
}
