import { createHook } from 'node:async_hooks';

/** What a pipeline opens. */
const WATCHED: ReadonlySet<string> = new Set(['Immediate', 'TCPWRAP', 'TLSWRAP', 'Timeout']);

/**
 * Timers and sockets that are open, also those that do not hold the process: `process.getActiveResourcesInfo()` says nothing
 * of these, and the transports and controllers hold it as little as they can.
 */
export class OpenResources {
  readonly #open = new Map<number, string>();

  constructor() {
    createHook({
      init: (id, type) => {
        if (WATCHED.has(type)) this.#open.set(id, type);
      },
      destroy: (id) => this.#open.delete(id),
    }).enable();
  }

  /** Their types, sorted. A socket that was closed is among them until its memory is collected. */
  get types(): readonly string[] {
    return [...this.#open.values()].toSorted();
  }
}
