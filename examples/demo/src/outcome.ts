import { sumOf } from './frame.ts';
import { type Lane, LANE_NAMES } from './lane.ts';
import type { PipelineKind } from './pipeline/span-pipeline.ts';

/** What became of one lane's spans, and what that cost. */
export interface LaneOutcome {
  readonly kind: PipelineKind;
  readonly name: string;
  readonly requests: number;
  /** Requests without an answer. */
  readonly failedRequests: number;
  readonly made: number;
  /** Different spans that the collector has, counted by id; what the pipeline says, where the collector is a real one. */
  readonly delivered: number;
  /** Unknown where the collector is a real one. */
  readonly duplicated: number | undefined;
  readonly lost: number;
  /** The pipeline's own reasons. */
  readonly lostByReason: Readonly<Record<string, number>>;
  readonly mostHeldBytes: number | undefined;
  readonly cpuSeconds: number;
  readonly loopDelayP99Millis: number;
  /** How often the accounts were checked. */
  readonly checks: number;
  readonly contradictions: readonly string[];
}

/** What the demo came to. */
export interface Outcome {
  /** Who counted what was delivered. */
  readonly countedBy: 'collector' | 'processor';
  readonly lanes: readonly LaneOutcome[];
}

/** Reads a lane whose service has ended. */
export async function outcomeOf(lane: Lane, failedRequests: number): Promise<LaneOutcome> {
  const received = await lane.received();
  const { sample } = lane;
  if (sample === undefined) throw new Error(`the ${LANE_NAMES[lane.kind]} service said nothing of itself`);
  const { pipeline, made } = sample;
  const delivered = received?.unique ?? pipeline.delivered;
  const contradictions = [...lane.contradictions];
  if (lane.kind === 'spillway') contradictions.push(...finalContradictions(made, delivered, pipeline.delivered, sumOf(pipeline.lostByReason)));
  return {
    kind: lane.kind,
    name: LANE_NAMES[lane.kind],
    requests: sample.requests,
    failedRequests,
    made,
    delivered,
    duplicated: received?.duplicates,
    lost: made - delivered,
    lostByReason: pipeline.lostByReason,
    mostHeldBytes: lane.mostHeldBytes,
    cpuSeconds: sample.cpuSeconds,
    loopDelayP99Millis: sample.loopDelayP99Millis,
    checks: lane.checks,
    contradictions,
  };
}

/** After a shutdown nothing is on its way any more, and the collector must have what the pipeline says it has. */
function finalContradictions(made: number, delivered: number, saidDelivered: number, saidLost: number): string[] {
  const found: string[] = [];
  if (delivered !== saidDelivered) found.push(`the collector has ${delivered} different spans, the processor says ${saidDelivered}`);
  if (saidDelivered + saidLost !== made) found.push(`after the shutdown: ${made} made is not ${saidDelivered} delivered + ${saidLost} lost`);
  return found;
}
