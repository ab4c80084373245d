import { type Context, type ContextAPI, type ContextManager, ROOT_CONTEXT } from '@opentelemetry/api';

/** A minimal context manager for synchronous code. */
class StackContextManager implements ContextManager {
  #active: Context = ROOT_CONTEXT;

  active(): Context {
    return this.#active;
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: Context,
    run: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    const previous = this.#active;
    this.#active = context;
    try {
      return run.call(thisArg, ...args);
    } finally {
      this.#active = previous;
    }
  }

  bind<T>(_context: Context, target: T): T {
    return target;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    return this;
  }
}

/** Registers the context manager with the API of the SDK line under test. */
export function useStackContextManager(context: Pick<ContextAPI, 'setGlobalContextManager'>): void {
  context.setGlobalContextManager(new StackContextManager());
}
