import { expect } from 'vitest';
import type { BackpressureMetrics } from '../src/index.ts';

/**
 * The accounting law, in the metrics of a controller:
 *
 *     offered  = accepted + refused(reason)
 *     accepted = delivered + rejected + evicted(reason) + spilled + queued + in flight
 */
export function expectLaw(controller: { getMetrics(): BackpressureMetrics }): void {
  const metrics = controller.getMetrics();
  const { eventsFlushed, eventsFailed, eventsEvicted, eventsSpilled, eventsRefused, bufferSize, inFlight } = metrics;
  expect(metrics.eventsOffered, 'offered = accepted + refused').toBe(metrics.eventsAccepted + eventsRefused);
  expect(metrics.eventsAccepted, 'accepted = delivered + rejected + evicted + spilled + queued + in flight').toBe(
    eventsFlushed + eventsFailed + eventsEvicted + eventsSpilled + bufferSize + inFlight,
  );
  expect(metrics.eventsDropped, 'dropped = rejected + evicted').toBe(eventsRefused + eventsEvicted);
  const byReason = Object.values(metrics.droppedByReason).reduce((total, count) => total + count, 0);
  expect(byReason, 'every loss has a reason').toBe(eventsRefused + eventsEvicted + eventsFailed);
  for (const [name, value] of Object.entries(metrics)) {
    if (typeof value === 'number') expect(value, name).toBeGreaterThanOrEqual(0);
  }
}
