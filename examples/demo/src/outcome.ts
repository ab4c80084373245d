import type { SignalCounts } from '@spillway/test/collector';
import { type Lane, LANE_NAMES } from './lane.ts';
import type { PipelineKind } from './pipeline/pipeline.ts';
import type { SignalSample } from './service/service-protocol.ts';
import { ITEMS, type PerSignal, perSignal } from './signal.ts';
import { sumOf } from './signal-figures.ts';
import type { SignalHistory } from './signal-history.ts';

/** What became of one signal's items. */
export interface SignalOutcome {
  readonly made: number;
  /** Different items that the collector has, counted by id; what the pipeline says, where the collector is a real one. */
  readonly delivered: number;
  /** Unknown where the collector is a real one. */
  readonly duplicated: number | undefined;
  readonly lost: number;
  /** The pipeline's own reasons. */
  readonly lostByReason: Readonly<Record<string, number>>;
  readonly mostHeldBytes: number | undefined;
  readonly contradictions: readonly string[];
}

/** What became of what one lane made, and what that cost. */
export interface LaneOutcome {
  readonly kind: PipelineKind;
  readonly name: string;
  readonly requests: number;
  /** Requests without an answer. */
  readonly failedRequests: number;
  readonly signals: PerSignal<SignalOutcome>;
  /** Log records delivered without their span. Unknown where the collector is a real one. */
  readonly orphanedLogRecords: number | undefined;
  readonly cpuSeconds: number;
  readonly loopDelayP99Millis: number;
  /** How often the accounts of both signals were checked. */
  readonly checks: number;
}

/** What the demo came to. */
export interface Outcome {
  /** Who counted what was delivered. */
  readonly countedBy: 'collector' | 'processor';
  readonly lanes: readonly LaneOutcome[];
}

/** Reads a lane whose service has ended. */
export async function outcomeOf(lane: Lane, failedRequests: number): Promise<LaneOutcome> {
  const { kind, sample, history, checks } = lane;
  const [received, orphanedLogRecords] = await Promise.all([lane.received(), lane.orphanedLogRecords()]);
  if (sample === undefined) throw new Error(`the ${LANE_NAMES[kind]} service said nothing of itself`);
  return {
    kind,
    name: LANE_NAMES[kind],
    requests: sample.requests,
    failedRequests,
    signals: perSignal((signal) => {
      const outcome = signalOutcomeOf(sample.signals[signal], received?.signals[signal], history[signal]);
      // The upstream pipeline is not held to an accounting law, as it knows none.
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

function signalOutcomeOf({ made, pipeline }: SignalSample, received: SignalCounts | undefined, history: SignalHistory): SignalOutcome {
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

/** After a shutdown nothing is on its way any more, and the collector must have what the pipeline says it has. */
function finalContradictions({ made, delivered, lostByReason }: SignalOutcome, saidDelivered: number, items: string): string[] {
  const saidLost = sumOf(lostByReason);
  const found: string[] = [];
  if (delivered !== saidDelivered) found.push(`the collector has ${delivered} different ${items}, the processor says ${saidDelivered}`);
  if (saidDelivered + saidLost !== made) found.push(`after the shutdown: ${made} made is not ${saidDelivered} delivered + ${saidLost} lost`);
  return found;
}
