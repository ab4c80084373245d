import { expect } from 'vitest';
import type { BackpressureMetrics, FlowMetrics } from '../src/index.ts';

/**
 * The accounting law, in the metrics of a controller:
 *
 *     offered  = accepted + refused(reason)
 *     accepted = delivered + rejected + evicted(reason) + spilled + queued + in flight
 *
 * and, if it tells them, in its flow metrics:
 *
 *     accepted = taken + lost before that + queued and never taken
 *     taken    = delivered + lost after that + spilled + unsettled
 */
export function expectLaw(controller: { getMetrics(): BackpressureMetrics; getFlowMetrics?(): FlowMetrics }): void {
  const metrics = controller.getMetrics();
  const { eventsFlushed, eventsFailed, eventsEvicted, eventsSpilled, eventsRefused, bufferSize, inFlight } = metrics;
  expect(metrics.eventsOffered, 'offered = accepted + refused').toBe(metrics.eventsAccepted + eventsRefused);
  expect(metrics.eventsAccepted, 'accepted = delivered + rejected + evicted + spilled + queued + in flight').toBe(
    eventsFlushed + eventsFailed + eventsEvicted + eventsSpilled + bufferSize + inFlight,
  );
  expect(metrics.eventsDropped, 'dropped = rejected + evicted').toBe(eventsRefused + eventsEvicted);
  expect(sum(metrics.droppedByReason), 'every loss has a reason').toBe(eventsRefused + eventsEvicted + eventsFailed);
  for (const [name, value] of Object.entries(metrics)) {
    if (typeof value === 'number') expect(value, name).toBeGreaterThanOrEqual(0);
  }
  const flow = controller.getFlowMetrics?.();
  if (flow !== undefined) expectFlowLaw(flow, metrics);
}

function expectFlowLaw(flow: FlowMetrics, metrics: BackpressureMetrics): void {
  const { queued, unsettled, eventsTaken } = flow;
  const before = sum(flow.lostBeforeTake);
  const after = sum(flow.lostAfterTake);
  expect(metrics.eventsAccepted, 'accepted = taken + lost before that + queued and never taken').toBe(
    eventsTaken + before - metrics.eventsRefused + queued,
  );
  expect(eventsTaken, 'taken = delivered + lost after that + spilled + unsettled').toBe(
    metrics.eventsFlushed + after + metrics.eventsSpilled + unsettled,
  );
  for (const counts of [flow.lostBeforeTake, flow.lostAfterTake, { queued, unsettled }]) {
    for (const [name, value] of Object.entries(counts)) expect(value, name).toBeGreaterThanOrEqual(0);
  }
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
