import type { ContextManager } from '@opentelemetry/api';
import type { PropagatorName } from '@spillway/config';
import type { ApiModule, CoreModule } from './opentelemetry.ts';
import { propagatorOf } from './propagator.ts';

/** The copies for `import` and for `require` know of each other by this. */
const PROPAGATION = Symbol.for('spillway.node.propagation');

const registrations = globalThis as { [PROPAGATION]?: true };

/**
 * Registers what carries contexts: the context manager within the process, the propagators beyond it. Once a process: a start
 * that is disabled does so too, and another start may follow it.
 */
export function registerPropagation(names: readonly PropagatorName[], core: CoreModule, contexts: ContextManager, api: ApiModule): void {
  if (registrations[PROPAGATION] === true) return;
  registrations[PROPAGATION] = true;
  api.context.setGlobalContextManager(contexts);
  const propagator = propagatorOf(names, core);
  if (propagator !== undefined) api.propagation.setGlobalPropagator(propagator);
}
