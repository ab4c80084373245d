import { describe, expect, it } from 'vitest';
import type { LaneOutcome, Outcome, SignalOutcome } from '../src/outcome.ts';
import { contradictionsIn, type SpillwayMetrics } from '../src/pipeline/accounting-law.ts';
import type { PerSignal } from '../src/signal.ts';
import { objectionsTo } from '../src/verdict.ts';

const SPANS: SignalOutcome = {
  made: 100,
  delivered: 100,
  duplicated: 0,
  lost: 0,
  lostByReason: {},
  mostHeldBytes: 1,
  contradictions: [],
};
const LOG_RECORDS: SignalOutcome = { ...SPANS, made: 20, delivered: 20 };
const MEASUREMENTS: SignalOutcome = { ...SPANS, made: 10, delivered: 10 };

function lane(
  kind: LaneOutcome['kind'],
  changes: Partial<LaneOutcome>,
  signals: Partial<PerSignal<Partial<SignalOutcome>>>,
): LaneOutcome {
  return {
    kind,
    name: kind === 'spillway' ? 'Spillway' : 'OpenTelemetry',
    requests: 20,
    failedRequests: 0,
    signals: {
      traces: { ...SPANS, ...signals.traces },
      logs: { ...LOG_RECORDS, ...signals.logs },
      metrics: { ...MEASUREMENTS, ...signals.metrics },
    },
    orphanedLogRecords: 0,
    cpuSeconds: 1,
    loopDelayP99Millis: 1,
    checks: 1,
    ...changes,
  };
}

function outcome(ours: LaneOutcome, other = lane('upstream', {}, {})): Outcome {
  return { countedBy: 'collector', lanes: [other, ours] };
}

describe('the verdict', () => {
  it('is good if Spillway lost nothing, whatever OpenTelemetry lost', () => {
    const other = lane(
      'upstream',
      { orphanedLogRecords: 5 },
      { traces: { delivered: 40, lost: 60 }, logs: { delivered: 15, lost: 5 } },
    );

    expect(objectionsTo(outcome(lane('spillway', {}, {}), other))).toEqual([]);
  });

  it('is good if a real collector does not tell which log records arrived without their span', () => {
    const ours = lane('spillway', { orphanedLogRecords: undefined }, {});

    expect(objectionsTo({ countedBy: 'processor', lanes: [ours] })).toEqual([]);
  });

  it.each<[string, Partial<PerSignal<Partial<SignalOutcome>>>, string]>([
    [
      'a lost span',
      { traces: { delivered: 98, lost: 2, lostByReason: { evicted: 2 } } },
      'Spillway lost 2 of 100 spans (evicted)',
    ],
    [
      'a lost log record',
      { logs: { delivered: 19, lost: 1, lostByReason: { evicted: 1 } } },
      'Spillway lost 1 of 20 log records (evicted)',
    ],
    [
      'a lost measurement',
      { metrics: { delivered: 8, lost: 2, lostByReason: { rejected: 2 } } },
      'Spillway lost 2 of 10 measurements (rejected)',
    ],
    [
      'a loss without a reason',
      { traces: { delivered: 99, lost: 1 } },
      'Spillway lost 1 of 100 spans (no reason was counted)',
    ],
    [
      'a law broken for spans',
      { traces: { contradictions: ['a: 1 is not 2'] } },
      'the counters of spans did not add up: a: 1 is not 2',
    ],
    [
      'a law broken for log records',
      { logs: { contradictions: ['a: 1 is not 2'] } },
      'the counters of log records did not add up: a: 1 is not 2',
    ],
  ])('objects to %s', (_what, signals, objection) => {
    expect(objectionsTo(outcome(lane('spillway', {}, signals)))).toEqual([objection]);
  });

  it.each<[string, Partial<LaneOutcome>, string]>([
    ['requests without an answer', { failedRequests: 3 }, 'the Spillway service left 3 requests without an answer'],
    [
      'log records without their span',
      { orphanedLogRecords: 3 },
      '3 of the 20 log records that Spillway delivered belong to spans that it did not deliver',
    ],
    [
      'fewer requests than OpenTelemetry had',
      { requests: 19 },
      'the services do not have the same number of requests: OpenTelemetry 20, Spillway 19',
    ],
  ])('objects to %s', (_what, changes, objection) => {
    expect(objectionsTo(outcome(lane('spillway', changes, {})))).toEqual([objection]);
  });

  it.each<[string, 'traces' | 'logs' | 'metrics']>([
    ['spans', 'traces'],
    ['log records', 'logs'],
    ['measurements', 'metrics'],
  ])('objects to a run without %s', (items, signal) => {
    const nothing = { [signal]: { made: 0, delivered: 0 } };

    expect(objectionsTo(outcome(lane('spillway', {}, nothing), lane('upstream', {}, nothing)))).toEqual([
      `no ${items} were made`,
    ]);
  });

  it('objects to a different load for OpenTelemetry', () => {
    const ours = lane('spillway', {}, {});
    expect(objectionsTo(outcome(ours, lane('upstream', { failedRequests: 1 }, {})))).toEqual([
      'the OpenTelemetry service left 1 requests without an answer',
    ]);
    expect(objectionsTo(outcome(ours, lane('upstream', {}, { logs: { made: 21, delivered: 21 } })))).toEqual([
      'the services do not have the same number of log records: OpenTelemetry 21, Spillway 20',
    ]);
  });
});

describe('the accounting law', () => {
  const metrics = {
    eventsOffered: 100,
    eventsAccepted: 90,
    eventsRefused: 10,
    eventsFlushed: 50,
    eventsFailed: 4,
    eventsEvicted: 6,
    eventsSpilled: 5,
    bufferSize: 20,
    inFlight: 5,
    eventsDropped: 16,
    droppedByReason: { queue_full: 10, evicted: 6, rejected: 4 },
  } as unknown as SpillwayMetrics;

  it('is fulfilled if every item is accounted for', () => {
    expect(contradictionsIn(metrics, 100)).toEqual([]);
  });

  it.each<[string, Partial<SpillwayMetrics>]>([
    ['made = offered', { eventsOffered: 101, eventsRefused: 11 }],
    ['offered = accepted + refused', { eventsRefused: 9 }],
    ['accepted = delivered + rejected + evicted + spilled + queued + in flight', { inFlight: 4 }],
    ['given up by reason = dropped + failed', { eventsDropped: 15 }],
  ])('names %s if that equation is not true', (law, wrong) => {
    expect(contradictionsIn({ ...metrics, ...wrong }, 100)).toEqual([expect.stringContaining(`${law}: `)]);
  });
});
