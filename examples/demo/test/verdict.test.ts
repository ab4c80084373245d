import { describe, expect, it } from 'vitest';
import type { LaneOutcome, Outcome } from '../src/outcome.ts';
import { contradictionsIn, type SpillwayMetrics } from '../src/pipeline/accounting-law.ts';
import { objectionsTo } from '../src/verdict.ts';

const LANE: LaneOutcome = {
  kind: 'spillway',
  name: 'Spillway',
  requests: 20,
  failedRequests: 0,
  made: 100,
  delivered: 100,
  duplicated: 0,
  lost: 0,
  lostByReason: {},
  mostHeldBytes: 1,
  cpuSeconds: 1,
  loopDelayP99Millis: 1,
  checks: 1,
  contradictions: [],
};

function outcome(ours: Partial<LaneOutcome>, upstream: Partial<LaneOutcome> = {}): Outcome {
  const other: LaneOutcome = { ...LANE, kind: 'upstream', name: 'OpenTelemetry', delivered: 40, lost: 60, ...upstream };
  return { countedBy: 'collector', lanes: [other, { ...LANE, ...ours }] };
}

describe('the verdict', () => {
  it('is good when Spillway lost nothing, whatever the other lost', () => {
    expect(objectionsTo(outcome({}))).toEqual([]);
  });

  it.each<[string, Partial<LaneOutcome>, string]>([
    ['a loss', { delivered: 98, lost: 2, lostByReason: { evicted: 2 } }, 'Spillway lost 2 of 100 spans (evicted)'],
    ['a loss without a reason', { delivered: 99, lost: 1 }, 'Spillway lost 1 of 100 spans (no reason was counted)'],
    ['a broken law', { contradictions: ['a: 1 is not 2'] }, 'the accounting law did not hold: a: 1 is not 2'],
    ['a run without spans', { made: 0, delivered: 0 }, 'no spans were made'],
    ['requests without an answer', { failedRequests: 3 }, 'the Spillway service left 3 requests without an answer'],
  ])('objects to %s', (_what, ours, objection) => {
    expect(objectionsTo(outcome(ours))).toEqual([objection]);
  });

  it('objects to another load on the other side', () => {
    expect(objectionsTo(outcome({}, { failedRequests: 1 }))).toEqual(['the OpenTelemetry service left 1 requests without an answer']);
  });
});

describe('the accounting law', () => {
  const metrics = {
    eventsOffered: 100,
    eventsAccepted: 90,
    eventsRejected: 10,
    eventsFlushed: 50,
    eventsFailed: 4,
    eventsEvicted: 6,
    eventsSpilled: 5,
    bufferSize: 20,
    inFlight: 5,
    eventsDropped: 16,
    droppedByReason: { queue_full: 10, evicted: 6, rejected: 4 },
  } as unknown as SpillwayMetrics;

  it('holds where every span is somewhere', () => {
    expect(contradictionsIn(metrics, 100)).toEqual([]);
  });

  it.each<[string, Partial<SpillwayMetrics>]>([
    ['made = offered', { eventsOffered: 101, eventsRejected: 11 }],
    ['offered = accepted + rejected', { eventsRejected: 9 }],
    ['accepted = flushed + failed + evicted + spilled + buffered + in flight', { inFlight: 4 }],
    ['given up by reason = dropped + failed', { eventsDropped: 15 }],
  ])('names %s where it does not hold', (law, wrong) => {
    expect(contradictionsIn({ ...metrics, ...wrong }, 100)).toEqual([expect.stringContaining(`${law}: `)]);
  });
});
