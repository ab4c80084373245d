import type { LaneOutcome, Outcome, SignalOutcome } from './outcome.ts';
import { ITEMS, SIGNALS } from './signal.ts';

/** The reasons why the demo did not show what it should; empty if it did. */
export function objectionsTo(outcome: Outcome): readonly string[] {
  const ours = outcome.lanes.find(({ kind }) => kind === 'spillway');
  if (ours === undefined) return ['Spillway did not run'];
  return [
    ...SIGNALS.flatMap((signal) => objectionsToSignal(ours.signals[signal], ITEMS[signal])),
    ...objectionsToCorrelation(ours),
    ...objectionsToLoad(outcome.lanes),
  ];
}

function objectionsToSignal(
  { made, delivered, lost, lostByReason, contradictions }: SignalOutcome,
  items: string,
): string[] {
  const objections = contradictions.map((contradiction) => `the counters of ${items} did not add up: ${contradiction}`);
  if (made === 0) objections.push(`no ${items} were made`);
  if (lost > 0) {
    const reasons = Object.keys(lostByReason).join(', ');
    objections.push(
      `Spillway lost ${lost} of ${made} ${items} (${reasons || 'no reason was counted'})${delivered === 0 ? ': no collector took one' : ''}`,
    );
  }
  return objections;
}

/** Every log record is emitted within a span. If no item is lost, that span has been delivered too. */
function objectionsToCorrelation({ orphanedLogRecords = 0, signals }: LaneOutcome): string[] {
  if (orphanedLogRecords === 0) return [];
  return [
    `${orphanedLogRecords} of the ${signals.logs.delivered} log records that Spillway delivered belong to spans that it did not deliver`,
  ];
}

/** Lanes with different loads cannot be compared. */
function objectionsToLoad(lanes: readonly LaneOutcome[]): string[] {
  const objections: string[] = [];
  for (const { name, failedRequests } of lanes) {
    if (failedRequests > 0) objections.push(`the ${name} service left ${failedRequests} requests without an answer`);
  }
  objections.push(...differenceIn('requests', lanes, ({ requests }) => requests));
  for (const signal of SIGNALS)
    objections.push(...differenceIn(ITEMS[signal], lanes, ({ signals }) => signals[signal].made));
  return objections;
}

function differenceIn(what: string, lanes: readonly LaneOutcome[], loadOf: (lane: LaneOutcome) => number): string[] {
  if (new Set(lanes.map(loadOf)).size <= 1) return [];
  return [
    `the services do not have the same number of ${what}: ${lanes.map((lane) => `${lane.name} ${loadOf(lane)}`).join(', ')}`,
  ];
}
