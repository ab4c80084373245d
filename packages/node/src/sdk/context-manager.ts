import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context, ContextManager } from '@opentelemetry/api';
import type { Application } from './application.ts';
import type { FoundSdk } from './sdk-line.ts';
import type { ApiModule } from './sdk-module-types.ts';

const CONTEXT_ASYNC_HOOKS = '@opentelemetry/context-async-hooks';

interface ContextModule {
  readonly AsyncLocalStorageContextManager?: new () => ContextManager;
}

/**
 * OpenTelemetry's own context manager if it is installed, since it also binds event emitters. Otherwise a plain one.
 */
export function contextManager(application: Application, sdk: FoundSdk, api: ApiModule): ContextManager {
  const installed = application.find(CONTEXT_ASYNC_HOOKS) ?? sdk.signals.traces?.module.sibling(CONTEXT_ASYNC_HOOKS);
  const Manager = (installed?.load() as ContextModule | undefined)?.AsyncLocalStorageContextManager;
  return Manager === undefined ? plainContextManager(api.ROOT_CONTEXT) : new Manager().enable();
}

function plainContextManager(root: Context): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? root,
    with: (context, run, self, ...args) => storage.run(context, () => run.call(self, ...args)),
    bind(context, target) {
      if (typeof target !== 'function') return target;
      const bound = function bound(this: unknown, ...args: unknown[]): unknown {
        return storage.run(context, () => target.apply(this, args) as unknown);
      };
      // Frameworks recognise error handlers by their number of parameters.
      Object.defineProperty(bound, 'length', { value: target.length, configurable: true });
      return bound as unknown as typeof target;
    },
    enable: () => manager,
    disable() {
      storage.disable();
      return manager;
    },
  };
  return manager;
}
