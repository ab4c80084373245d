import { ROOT_CONTEXT, type SpanContext, trace } from '@opentelemetry/api';
import { BackpressureSampler } from '@spillway/trace';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** Characters of a tracestate that everybody passes on (W3C Trace Context Level 2). */
const LONGEST_TRACE_STATE = 512;

/** Keeps 1 trace in 2. */
const processor = { samplingThreshold: { high: 0x8000000, low: 0 }, onNotRecorded: () => {} };
const sampler = new BackpressureSampler({ processor });

function sampled(traceId: string, serialize: () => unknown, isRemote = true) {
  const parent = { traceId, spanId: 'b7ad6b7169203331', traceFlags: 1, isRemote, traceState: { serialize } } as unknown as SpanContext;
  return sampler.shouldSample(trace.setSpanContext(ROOT_CONTEXT, parent), traceId, 'span', 0, {}, []);
}

const subKeys = fc.array(fc.tuple(fc.constantFrom('th', 'rv', 'p', 'TH'), fc.string({ unit: fc.constantFrom('0', 'f', 'c', 'z', ';', ':'), maxLength: 16 })).map((pair) => pair.join(':')));
const member = fc.oneof(subKeys.map((keys) => `ot=${keys.join(';')}`), fc.string({ unit: 'binary' }), fc.tuple(fc.string({ maxLength: 300 }), fc.string({ maxLength: 300 })).map((pair) => pair.join('=')));
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.array(member, { maxLength: 60 }).map((members) => members.join(',')));
const traceId = fc.stringMatching(/^[0-9a-f]{32}$/).filter((id) => !/^0*$/.test(id));

describe('a sampler under load, called with any tracestate of a caller', () => {
  it('decides, and passes on what everybody can pass on', () => {
    fc.assert(
      fc.property(traceId, text, fc.boolean(), (id, given, isRemote) => {
        const { decision, traceState } = sampled(id, () => given, isRemote);
        expect([0, 2]).toContain(decision);
        // Only what was changed is there, and the caller's own stays its own.
        expect((traceState?.serialize() ?? '').length).toBeLessThanOrEqual(LONGEST_TRACE_STATE);
      }),
      { numRuns: 1_000, seed: 7 },
    );
  });

  it.each([
    ['throws', () => { throw new Error('hostile'); }],
    ['is no text', () => 7],
    ['is nothing', () => undefined],
    ['is a megabyte of one member', () => `ot=${'th:8;'.repeat(200_000)}`],
    ['is a megabyte of commas', () => ','.repeat(1_000_000)],
    ['is a megabyte of spaces', () => `ot=th:8${' '.repeat(1_000_000)}x`],
  ])('decides as by the id of the trace where it %s', (_, serialize) => {
    expect(sampled(`${'0'.repeat(18)}${'f'.repeat(14)}`, serialize).decision).toBe(2);
    expect(sampled(`${'0'.repeat(31)}1`, serialize).decision).toBe(0);
  });
});
