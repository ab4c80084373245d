/** In a page, few applications measure their telemetry, and a spool for pages brings its code with it. */
import { isSpoolOfPages } from '../spool/spool-of-pages.ts';
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

/** @throws TypeError for a spool that is none of pages */
export const spoolingOf: typeof SpoolingOf = (parts) => {
  const { spool } = parts;
  if (!isSpoolOfPages(spool))
    throw new TypeError('spool must be a PageSpool of @spillway/web in a page, which has no files');
  return spool.spoolingOf(parts);
};
