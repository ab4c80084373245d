import type { SignalCounts } from '@spillway/test/collector';
import { type Lane, LANE_NAMES } from './lane.ts';
import type { PipelineKind } from './pipeline/pipeline.ts';
import type { SignalSample } from './service/service-protocol.ts';
import { ITEMS, type PerSignal, perSignal } from './signal.ts';
import { sumOf } from './signal-figures.ts';
import type { SignalHistory } from './signal-history.ts';

/** What happened to one signal's items. */
export interface SignalOutcome {
  readonly made: number;
  /** Different items that the collector has, counted by id; the pipeline's own count if the collector is a real one. */
  readonly delivered: number;
  /** Unknown if the collector is a real one. */
  readonly duplicated: number | undefined;
  readonly lost: number;
  /** The pipeline's own reasons. */
  readonly lostByReason: Readonly<Record<string, number>>;
  readonly mostHeldBytes: number | undefined;
  readonly contradictions: readonly string[];
}

/** What happened to the items of one lane, and what that cost. */
export interface LaneOutcome {
  readonly kind: PipelineKind;
  readonly name: string;
  readonly requests: number;
  /** Requests without an answer. */
  readonly failedRequests: number;
  readonly signals: PerSignal<SignalOutcome>;
  /** Log records delivered without their span. Unknown if the collector is a real one. */
  readonly orphanedLogRecords: number | undefined;
  readonly cpuSeconds: number;
  readonly loopDelayP99Millis: number;
  /** How often the counters of all signals were checked. */
  readonly checks: number;
}

/** The result of the demo. */
export interface Outcome {
  /** The source of the count of delivered items. */
  readonly countedBy: 'collector' | 'processor';
  readonly lanes: readonly LaneOutcome[];
}

/** Reads a lane whose service has ended. */
export async function outcomeOf(lane: Lane, failedRequests: number): Promise<LaneOutcome> {
  const { kind, sample, history, checks } = lane;
  const [received, orphanedLogRecords] = await Promise.all([lane.received(), lane.orphanedLogRecords()]);
  if (sample === undefined) throw new Error(`the ${LANE_NAMES[kind]} service sent no sample`);
  return {
    kind,
    name: LANE_NAMES[kind],
    requests: sample.requests,
    failedRequests,
    signals: perSignal((signal) => {
      const outcome = signalOutcomeOf(sample.signals[signal], received?.signals[signal], history[signal]);
      // The upstream pipeline has no accounting law to check.
      if (kind === 'upstream') return outcome;
      const found = finalContradictions(outcome, sample.signals[signal].pipeline.delivered, ITEMS[signal]);
      return { ...outcome, contradictions: [...outcome.contradictions, ...found] };
    }),
    orphanedLogRecords,
    cpuSeconds: sample.cpuSeconds,
    loopDelayP99Millis: sample.loopDelayP99Millis,
    checks,
  };
}

function signalOutcomeOf(
  { made, pipeline }: SignalSample,
  received: SignalCounts | undefined,
  history: SignalHistory,
): SignalOutcome {
  const delivered = received?.unique ?? pipeline.delivered;
  return {
    made,
    delivered,
    duplicated: received?.duplicates,
    lost: made - delivered,
    lostByReason: pipeline.lostByReason,
    mostHeldBytes: history.mostHeldBytes,
    contradictions: history.contradictions,
  };
}

/**
 * After a shutdown no items are in flight, and the collector must have those that the pipeline reports as delivered.
 */
function finalContradictions(
  { made, delivered, lostByReason }: SignalOutcome,
  saidDelivered: number,
  items: string,
): string[] {
  const saidLost = sumOf(lostByReason);
  const found: string[] = [];
  if (delivered !== saidDelivered)
    found.push(`the collector has ${delivered} different ${items}, the pipeline says ${saidDelivered}`);
  if (saidDelivered + saidLost !== made)
    found.push(`after the shutdown: ${made} made is not ${saidDelivered} delivered + ${saidLost} lost`);
  return found;
}
