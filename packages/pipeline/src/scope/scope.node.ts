import { AsyncLocalStorage } from 'node:async_hooks';
import type { Scope } from './scope.default.ts';

/**
 * Knows of what runs within `run`, and of everything that it leads to: callbacks, promises, timers.
 *
 * The work runs outside the `AsyncLocalStorage` of the caller, as if it were called when the scope was made. A flush may be
 * started within a request, and neither may functions of the application see that request, nor connections keep it in memory.
 */
export function createScope(): Scope {
  const storage = new AsyncLocalStorage<true>();
  const outside = AsyncLocalStorage.snapshot();
  return {
    run: (work) => outside(() => storage.run(true, work)),
    get isActive() {
      return storage.getStore() === true;
    },
  };
}
