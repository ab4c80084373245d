import type { LaneOutcome, Outcome } from './outcome.ts';

/** Whether the demo showed what it is there to show. Empty where it did, else why not. */
export function objectionsTo(outcome: Outcome): readonly string[] {
  const ours = outcome.lanes.find(({ kind }) => kind === 'spillway');
  if (ours === undefined) return ['Spillway did not run'];
  return [...objectionsToLane(ours), ...objectionsToLoad(outcome.lanes)];
}

function objectionsToLane({ made, delivered, lost, lostByReason, contradictions }: LaneOutcome): string[] {
  const objections = contradictions.map((contradiction) => `the accounting law did not hold: ${contradiction}`);
  if (made === 0) objections.push('no spans were made');
  if (lost > 0) {
    const reasons = Object.keys(lostByReason).join(', ');
    objections.push(`Spillway lost ${lost} of ${made} spans (${reasons || 'no reason was counted'})${delivered === 0 ? ': no collector took one' : ''}`);
  }
  return objections;
}

/** Lanes with different loads cannot be compared. */
function objectionsToLoad(lanes: readonly LaneOutcome[]): string[] {
  const objections: string[] = [];
  for (const { name, failedRequests } of lanes) {
    if (failedRequests > 0) objections.push(`the ${name} service left ${failedRequests} requests without an answer`);
  }
  return objections;
}
