import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import type { Scope } from './scope.default.ts';

/**
 * Covers the work of `run`, and everything that it starts: callbacks, promises, timers.
 *
 * The work runs outside the `AsyncLocalStorage` of the caller, as if it had been called when the scope was created. A
 * flush may start within a request; the application's functions must not see that request, and connections must not
 * keep it in memory.
 */
export function createScope(): Scope {
  const storage = new AsyncLocalStorage<true>();
  // As `AsyncLocalStorage.snapshot()`, but reported as destroyed, because Jest takes anything else for an open handle.
  const outside = new AsyncResource('SpillwayScope', { requireManualDestroy: true });
  // Its result is not used, because Bun and older versions of Deno return nothing.
  outside.emitDestroy();
  return {
    run: (work) => outside.runInAsyncScope(() => storage.run(true, work)),
    get isActive() {
      return storage.getStore() === true;
    },
  };
}
