import type { BackpressureControllerConfig } from './backpressure-config.ts';

/** Callbacks are the application's; what they throw must not stop the flow, and has nowhere better to go. */
export function withSafeCallbacks<Item, Batch>(config: BackpressureControllerConfig<Item, Batch>): BackpressureControllerConfig<Item, Batch> {
  const safe = { ...config };
  for (const name of ['onStateChange', 'onDrop', 'onFlush'] as const) {
    const callback = config[name] as ((...args: never[]) => void) | undefined;
    if (typeof callback !== 'function') continue;
    let isRunning = false;
    const guarded = (...args: never[]): void => {
      // What `onDrop` drops by its own pushes is counted, but not told to it again: it would drop for ever.
      if (isRunning && name === 'onDrop') return;
      isRunning = true;
      try {
        const returned: unknown = callback(...args);
        if (returned instanceof Promise) returned.catch(() => {});
      } catch {
        // see above
      } finally {
        isRunning = false;
      }
    };
    Object.assign(safe, { [name]: guarded });
  }
  return safe;
}
