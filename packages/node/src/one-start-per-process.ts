import type { SpillwayHandle } from './spillway-handle.ts';

/**
 * A registered symbol, because the copies of this package for `import` and for `require` must know of each other's
 * start.
 */
const STARTED = Symbol.for('spillway.node.registration');

const registry = globalThis as { [STARTED]?: SpillwayHandle };

/** The handle of the first start in this process; `undefined` before it, or if it failed. */
export function firstStart(): SpillwayHandle | undefined {
  return registry[STARTED];
}

/** From now on, every other start in this process returns this handle and does nothing else. */
export function rememberStart(handle: SpillwayHandle): void {
  registry[STARTED] = handle;
}
