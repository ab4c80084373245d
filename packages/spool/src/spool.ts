import type { RequestSpool, SpoolingPipeline, SpoolPlace } from '@spillway/pipeline';
import { NODE_FILES } from './files/file-system.ts';
import { resolveSpoolOptions, type SpoolOptions } from './spool-options.ts';
import { Store } from './store.ts';

/**
 * Keeps what memory cannot hold, and what a process cannot send before it ends, in files. Give the same spool to all
 * processors and readers of a process.
 */
export class Spool implements RequestSpool {
  readonly #store: Store;

  /** @throws TypeError or RangeError that names the option and the value */
  constructor(options: SpoolOptions) {
    this.#store = new Store(resolveSpoolOptions(options), NODE_FILES);
  }

  join(pipeline: SpoolingPipeline): SpoolPlace {
    return this.#store.join(pipeline);
  }
}
