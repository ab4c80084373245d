import type { BackpressureSpanProcessor } from '@spillway/trace';

/** The processor of log records and the reader of metrics report the same. */
export type SpillwayMetrics = ReturnType<BackpressureSpanProcessor['getMetrics']>;

/**
 * Checks the accounting law of a Spillway processor: every item made was offered, every offered item was let in or
 * refused, every item let in is accounted for, and every item given up has a reason. This is true at any moment, not
 * only at the end.
 *
 * @returns the equations that are not true, with their numbers
 */
export function contradictionsIn(metrics: SpillwayMetrics, made: number): readonly string[] {
  const { eventsOffered, eventsAccepted, eventsRefused, eventsFlushed, eventsFailed, eventsEvicted, eventsSpilled } =
    metrics;
  const { bufferSize, inFlight, eventsDropped, droppedByReason } = metrics;
  const reasons = Object.values(droppedByReason).reduce((sum, count) => sum + count, 0);
  return [
    equation('made = offered', made, eventsOffered),
    equation('offered = accepted + refused', eventsOffered, eventsAccepted, eventsRefused),
    equation(
      'accepted = delivered + rejected + evicted + spilled + queued + in flight',
      eventsAccepted,
      eventsFlushed,
      eventsFailed,
      eventsEvicted,
      eventsSpilled,
      bufferSize,
      inFlight,
    ),
    equation('given up by reason = dropped + failed', reasons, eventsDropped, eventsFailed),
  ].filter((contradiction) => contradiction !== undefined);
}

function equation(law: string, left: number, ...right: readonly number[]): string | undefined {
  const sum = right.reduce((total, part) => total + part, 0);
  return left === sum ? undefined : `${law}: ${left} is not ${right.join(' + ')}`;
}
