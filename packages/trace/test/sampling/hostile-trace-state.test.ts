import { ROOT_CONTEXT, type SpanContext, trace } from '@opentelemetry/api';
import { BackpressureSampler } from '@spillway/trace';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** Every participant passes on this many characters of a tracestate (W3C Trace Context Level 2). */
const LONGEST_TRACE_STATE = 512;

/** Keeps 1 trace in 2. */
const processor = { samplingThreshold: { high: 0x8000000, low: 0 }, onNotRecorded: () => {} };
const sampler = new BackpressureSampler({ processor });

function sampled(traceId: string, serialize: () => unknown, isRemote = true) {
  const parent = {
    traceId,
    spanId: 'b7ad6b7169203331',
    traceFlags: 1,
    isRemote,
    traceState: { serialize },
  } as unknown as SpanContext;
  return sampler.shouldSample(trace.setSpanContext(ROOT_CONTEXT, parent), traceId, 'span', 0, {}, []);
}

const subKeys = fc.array(
  fc
    .tuple(
      fc.constantFrom('th', 'rv', 'p', 'TH'),
      fc.string({ unit: fc.constantFrom('0', 'f', 'c', 'z', ';', ':'), maxLength: 16 }),
    )
    .map((pair) => pair.join(':')),
);
const member = fc.oneof(
  subKeys.map((keys) => `ot=${keys.join(';')}`),
  fc.string({ unit: 'binary' }),
  fc.tuple(fc.string({ maxLength: 300 }), fc.string({ maxLength: 300 })).map((pair) => pair.join('=')),
);
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(member, { maxLength: 60 }).map((members) => members.join(',')),
);
const traceId = fc.stringMatching(/^[0-9a-f]{32}$/).filter((id) => !/^0*$/.test(id));

describe('a sampler under load that gets any tracestate from a caller', () => {
  it('decides, and passes on a tracestate that every participant can pass on', () => {
    fc.assert(
      fc.property(traceId, text, fc.boolean(), (id, given, isRemote) => {
        const { decision, traceState } = sampled(id, () => given, isRemote);
        expect([0, 2]).toContain(decision);
        // The sampler returns a tracestate only if it changed it.
        expect((traceState?.serialize() ?? '').length).toBeLessThanOrEqual(LONGEST_TRACE_STATE);
      }),
      { numRuns: 1_000, seed: 7 },
    );
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('hostile');
      },
    ],
    ['is a number', () => 7],
    ['is undefined', () => undefined],
    ['is a megabyte of one member', () => `ot=${'th:8;'.repeat(200_000)}`],
    ['is a megabyte of commas', () => ','.repeat(1_000_000)],
    ['is a megabyte of spaces', () => `ot=th:8${' '.repeat(1_000_000)}x`],
  ])('decides by the trace id if the tracestate %s', (_, serialize) => {
    expect(sampled(`${'0'.repeat(18)}${'f'.repeat(14)}`, serialize).decision).toBe(2);
    expect(sampled(`${'0'.repeat(31)}1`, serialize).decision).toBe(0);
  });
});
