import { createHook } from 'node:async_hooks';

/** The types of resources that a pipeline opens. */
const WATCHED: ReadonlySet<string> = new Set(['Immediate', 'TCPWRAP', 'TLSWRAP', 'Timeout']);

/**
 * Open timers and sockets, including those that do not keep the process alive. `process.getActiveResourcesInfo()` does
 * not list these, but most timers and sockets of transports and controllers are of that kind.
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

  /** Their types, sorted. A closed socket is included until its memory is collected. */
  get types(): readonly string[] {
    return [...this.#open.values()].toSorted();
  }
}
