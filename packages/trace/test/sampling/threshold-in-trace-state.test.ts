import { createTraceState } from '@opentelemetry/api';
import { adjustedCountOf, readOtTraceState } from '@spillway/sampling';
import { describe, expect, it } from 'vitest';
import { useFakeTime } from '../../../pipeline/test/processor/item-sink.ts';
import { makeSpan } from './make-span.ts';
import { arrivedOf, processorUnderLoad, SINKS, type SpanSink } from './spans-under-load.ts';

useFakeTime();

/** The tracestate with which a span arrives. By default 1 span in 2 is kept. */
async function arrivedState(
  sink: SpanSink,
  traceState: string | undefined,
  sampleRate = 2,
): Promise<string | undefined> {
  const span = makeSpan(traceState === undefined ? {} : { traceState });
  const arrived = await arrivedOf(processorUnderLoad(sink, { sampleRate }), sink, [span]);
  return arrived[0]?.traceState;
}

describe.each(SINKS)('a sampled span, with %s', (_, newSink) => {
  it.each([
    [2, 'ot=th:8000'],
    [3, 'ot=th:aaab'],
    [4, 'ot=th:c000'],
    [10, 'ot=th:e667'],
    [65_536, 'ot=th:ffff'],
    [10_000_000, 'ot=th:ffff'],
  ])('says in four digits that it is 1 in %i: %s', async (sampleRate, expected) => {
    expect(await arrivedState(newSink(), undefined, sampleRate)).toBe(expected);
  });

  it('lets a reader of its tracestate compute how many spans it stands for', async () => {
    const { threshold } = readOtTraceState((await arrivedState(newSink(), undefined, 8)) ?? '');
    expect(threshold && adjustedCountOf(threshold)).toBe(8);
  });

  it('gets no threshold if 1 in 1 is kept', async () => {
    expect(await arrivedState(newSink(), undefined, 1)).toBe('');
    expect(await arrivedState(newSink(), 'vendor=value', 1)).toBe('vendor=value');
  });

  it.each([
    ['a lower one is replaced', 'ot=th:4', 'ot=th:8000'],
    ['a lower one with all 14 digits is replaced', 'ot=th:7fffffffffffff', 'ot=th:8000'],
    ['one that keeps all is replaced', 'ot=th:0', 'ot=th:8000'],
    ['the same one stays, in four digits', 'ot=th:8', 'ot=th:8000'],
    ['a higher one stays, in four digits', 'ot=th:c', 'ot=th:c000'],
    ['a higher one keeps all its digits', 'ot=th:80000000000001', 'ot=th:80000000000001'],
  ])('has the greater of two thresholds: %s', async (_name, incoming, expected) => {
    expect(await arrivedState(newSink(), incoming)).toBe(expected);
  });

  it.each([
    ['a vendor', 'vendor=value', 'ot=th:8000,vendor=value'],
    ['vendors, in order', 'b=2,a=1,c=3', 'ot=th:8000,b=2,a=1,c=3'],
    ['other sub-keys, in order', 'ot=p:8;rv:ffffffffffffff;x:1', 'ot=th:8000;p:8;rv:ffffffffffffff;x:1'],
    ['sub-keys around a lower threshold', 'ot=p:8;th:4;x:1', 'ot=th:8000;p:8;x:1'],
    [
      'vendors around ot, which moves to the front',
      'a=1,ot=th:4;rv:ffffffffffffff,b=2',
      'ot=th:8000;rv:ffffffffffffff,a=1,b=2',
    ],
    [
      'everything next to a higher threshold',
      'a=1,ot=rv:ffffffffffffff;th:c,b=2',
      'ot=th:c000;rv:ffffffffffffff,a=1,b=2',
    ],
  ])('keeps what other participants wrote: %s', async (_name, incoming, expected) => {
    expect(await arrivedState(newSink(), incoming)).toBe(expected);
  });

  it.each([
    ['no tracestate', '', 'ot=th:8000'],
    ['a malformed list', ',,=,', 'ot=th:8000'],
    ['a malformed threshold', 'ot=th:xyz;x:1', 'ot=th:8000;x:1'],
    ['a threshold in upper case', 'ot=th:C', 'ot=th:8000'],
    ['a threshold with too many digits', 'ot=th:c00000000000001', 'ot=th:8000'],
    ['malformed randomness', 'ot=rv:123;x:1', 'ot=th:8000;x:1'],
    ['an ot that is not a list of sub-keys', 'ot=;;;,a=1', 'ot=th:8000,a=1'],
    ['an ot that is too long', `ot=x:${'y'.repeat(300)},a=1`, 'ot=th:8000,a=1'],
    ['a malformed vendor', 'a=1,NO,b=2', 'ot=th:8000,a=1,b=2'],
    ['characters of other alphabets', 'a=ä,b=2', 'ot=th:8000,b=2'],
    ['two thresholds, the last of which counts', 'ot=th:c;th:4', 'ot=th:8000'],
  ])('has its threshold whatever tracestate it came with: %s', async (_name, incoming, expected) => {
    expect(await arrivedState(newSink(), incoming)).toBe(expected);
  });

  it('passes on no more than a receiver has to accept: 32 members and 512 characters', async () => {
    const many = await arrivedState(newSink(), Array.from({ length: 32 }, (_each, index) => `v${index}=1`).join(','));
    expect(many?.split(',')).toHaveLength(32);
    expect(many?.startsWith('ot=th:8000,v0=1,')).toBe(true);
    const long = await arrivedState(
      newSink(),
      Array.from({ length: 5 }, (_each, index) => `v${index}=${'x'.repeat(99)}`).join(','),
    );
    expect(long?.length).toBeLessThanOrEqual(512);
    expect(long?.split(',').map((member) => member.slice(0, 2))).toEqual(['ot', 'v0', 'v1', 'v2', 'v3']);
  });

  it.each([
    ['of ot', `ot=x:${'y'.repeat(249)},a=1`, 'ot=th:8000,a=1'],
    ['of ot, with a higher threshold', `ot=th:c;x:${'y'.repeat(248)},a=1`, 'ot=th:c000,a=1'],
    ['of all members', `${'a'.repeat(243)}=${'x'.repeat(255)},b=2`, 'ot=th:8000,b=2'],
  ])('stays within the limits even if only the four digits exceed them: %s', async (_name, incoming, expected) => {
    expect(await arrivedState(newSink(), incoming)).toBe(expected);
  });

  it('does not change itself, because the propagated context differs from the exported one', async () => {
    const sink = newSink();
    const spanContext = {
      traceId: '0af7651916cd43dd84ffffffffffffff',
      spanId: 'b7ad6b7169203331',
      traceFlags: 1,
      traceState: createTraceState('a=1,ot=th:4'),
    };
    const before = { ...spanContext };
    const span = makeSpan({ fields: { spanContext: () => spanContext } });
    const arrived = await arrivedOf(processorUnderLoad(sink), sink, [span]);
    expect(arrived[0]?.traceState).toBe('ot=th:8000,a=1');
    expect(span.spanContext()).toBe(spanContext);
    expect(spanContext).toEqual(before);
    expect(spanContext.traceState).toBe(before.traceState);
    expect(spanContext.traceState.serialize()).toBe('a=1,ot=th:4');
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('hostile');
      },
    ],
    ['is a number', () => 42],
  ])('has its threshold even if its tracestate %s', async (_name, serialize) => {
    const sink = newSink();
    const spanContext = { ...makeSpan().spanContext(), traceState: { serialize } };
    const arrived = await arrivedOf(processorUnderLoad(sink), sink, [
      makeSpan({ fields: { spanContext: () => spanContext } }),
    ]);
    expect(arrived).toEqual([{ name: 'GET /orders', traceState: 'ot=th:8000' }]);
  });
});
