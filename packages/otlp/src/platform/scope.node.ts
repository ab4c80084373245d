import { AsyncLocalStorage } from 'node:async_hooks';
import type { Scope } from './scope.ts';

/** Knows of what runs within `run`, and of everything that it leads to: callbacks, promises, timers. */
export function createAsynchronousScope(): Scope {
  const storage = new AsyncLocalStorage<true>();
  return {
    run: (work) => storage.run(true, work),
    get isActive() {
      return storage.getStore() === true;
    },
  };
}
