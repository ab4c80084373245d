import type { TextMapPropagator } from '@opentelemetry/api';
import type { PropagatorName } from '@spillway/config';
import type { CoreModule } from './opentelemetry.ts';

/** What the specification has where nothing is said. */
export const DEFAULT_PROPAGATORS: readonly PropagatorName[] = ['tracecontext', 'baggage'];

/** @returns `undefined` for `none`: contexts then stay within the process */
export function propagatorOf(names: readonly PropagatorName[], core: CoreModule): TextMapPropagator | undefined {
  const propagators = names.flatMap((name) => {
    if (name === 'tracecontext') return new core.W3CTraceContextPropagator();
    return name === 'baggage' ? new core.W3CBaggagePropagator() : [];
  });
  return propagators.length === 0 ? undefined : new core.CompositePropagator({ propagators });
}
