import type { ContextManager, TextMapPropagator } from '@opentelemetry/api';
import type { PropagatorName } from '@spillway/config';
import type { ApiModule, CoreModule } from './sdk-module-types.ts';

/** The specification's default. */
export const DEFAULT_PROPAGATORS: readonly PropagatorName[] = ['tracecontext', 'baggage'];

/** The key by which the copies for `import` and for `require` know of each other. */
const PROPAGATION = Symbol.for('spillway.node.propagation');

const registrations = globalThis as { [PROPAGATION]?: true };

/**
 * Registers the parts that carry contexts: the context manager within the process, the propagators beyond it. Runs once
 * per process: a disabled start does so too, and another start may follow it.
 */
export function registerPropagation(
  names: readonly PropagatorName[],
  core: CoreModule,
  contexts: ContextManager,
  api: ApiModule,
): void {
  if (registrations[PROPAGATION] === true) return;
  registrations[PROPAGATION] = true;
  api.context.setGlobalContextManager(contexts);
  const propagator = propagatorOf(names, core);
  if (propagator !== undefined) api.propagation.setGlobalPropagator(propagator);
}

/** @returns `undefined` for `none`: then contexts stay within the process */
function propagatorOf(names: readonly PropagatorName[], core: CoreModule): TextMapPropagator | undefined {
  const propagators = names.flatMap((name) => {
    if (name === 'tracecontext') return new core.W3CTraceContextPropagator();
    return name === 'baggage' ? new core.W3CBaggagePropagator() : [];
  });
  return propagators.length === 0 ? undefined : new core.CompositePropagator({ propagators });
}
