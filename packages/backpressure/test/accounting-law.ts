import { expect } from 'vitest';
import type { BackpressureMetrics } from '../src/index.ts';

/**
 * The accounting law, in the metrics of a controller:
 *
 *     offered  = accepted + rejected(reason)
 *     accepted = flushed + failed + evicted(reason) + spilled + buffered + in flight
 */
export function expectLaw(controller: { getMetrics(): BackpressureMetrics }): void {
  const metrics = controller.getMetrics();
  const { eventsFlushed, eventsFailed, eventsEvicted, eventsSpilled, eventsRejected, bufferSize, inFlight } = metrics;
  expect(metrics.eventsOffered, 'offered = accepted + rejected').toBe(metrics.eventsAccepted + eventsRejected);
  expect(metrics.eventsAccepted, 'accepted = flushed + failed + evicted + spilled + buffered + in flight').toBe(
    eventsFlushed + eventsFailed + eventsEvicted + eventsSpilled + bufferSize + inFlight,
  );
  expect(metrics.eventsDropped, 'dropped = rejected + evicted').toBe(eventsRejected + eventsEvicted);
  const byReason = Object.values(metrics.droppedByReason).reduce((total, count) => total + count, 0);
  expect(byReason, 'every loss has a reason').toBe(eventsRejected + eventsEvicted + eventsFailed);
  for (const [name, value] of Object.entries(metrics)) {
    if (typeof value === 'number') expect(value, name).toBeGreaterThanOrEqual(0);
  }
}
