/** In a page, few applications measure their telemetry, and none has files. */
import type { spoolingOf as SpoolingOf, withSelfMetrics as WithSelfMetrics } from './optional.default.ts';

/**
 * See optional.default.ts. The code comes later. Counters are totals, and miss nothing; durations are recorded from then
 * on.
 */
export const withSelfMetrics: typeof WithSelfMetrics = (make, complain) => {
  let made: ReturnType<typeof make> | undefined;
  import('../self-metrics/index.ts').then((code) => (made = make(code))).catch(complain);
  return () => made;
};

/** @throws always */
export const spoolingOf: typeof SpoolingOf = () => {
  throw new TypeError('spool is not possible in a page');
};
