import { describe, expect, it } from 'vitest';
import { useFakeTime } from '../../../pipeline/test/processor/item-sink.ts';
import { HIGH, LOW, makeSpan, type SpanWishes } from './make-span.ts';
import { arrivedOf, encodedSink, objectSink, processorUnderLoad, SINKS } from './spans-under-load.ts';

useFakeTime();

/** The tracestate with which a span arrives if 1 in 4 is kept; `undefined` if it was sampled out. */
async function arrivedState(wishes: SpanWishes): Promise<string | undefined> {
  const sink = encodedSink();
  return (await arrivedOf(processorUnderLoad(sink, { sampleRate: 4 }), sink, [makeSpan(wishes)]))[0]?.traceState;
}

describe('the decision to keep a span', () => {
  it.each([
    ['bfffffffffffff', false],
    ['c0000000000000', true],
    ['c0000000000001', true],
    [HIGH, true],
    [LOW, false],
  ])('compares the low 56 bits of its trace id with the threshold: %s gives %s', async (randomness, kept) => {
    expect(await arrivedState({ randomness })).toBe(kept ? 'ot=th:c000' : undefined);
  });

  it('does not depend on the other bits of the trace id', async () => {
    for (const start of ['000000000000000000', 'ffffffffffffffffff']) {
      expect(await arrivedState({ traceId: start + LOW })).toBeUndefined();
      expect(await arrivedState({ traceId: start + HIGH })).toBe('ot=th:c000');
    }
  });

  it('is the same for a trace id in upper case', async () => {
    expect(await arrivedState({ traceId: '0AF7651916CD43DD84C0000000000000' })).toBe('ot=th:c000');
    expect(await arrivedState({ traceId: '0AF7651916CD43DD84BFFFFFFFFFFFFF' })).toBeUndefined();
  });

  it.each([
    [LOW, 'ot=rv:ffffffffffffff', 'ot=th:c000;rv:ffffffffffffff'],
    [LOW, 'a=1,ot=x:1;rv:c0000000000000', 'ot=th:c000;x:1;rv:c0000000000000,a=1'],
    [HIGH, 'ot=rv:00000000000001', undefined],
    [HIGH, 'ot=rv:bfffffffffffff', undefined],
    [LOW, 'ot=rv:fff', undefined],
    [HIGH, 'ot=rv:FFFFFFFFFFFFFF', 'ot=th:c000'],
  ])('uses rv instead of the trace id if there is a valid rv: %s, %s', async (randomness, traceState, expected) => {
    expect(await arrivedState({ randomness, traceState })).toBe(expected);
  });

  it('does not depend on the threshold that the span came with', async () => {
    expect(await arrivedState({ randomness: LOW, traceState: 'ot=th:e' })).toBeUndefined();
    expect(await arrivedState({ randomness: HIGH, traceState: 'ot=th:e' })).toBe('ot=th:e000');
  });

  it('is the same for all spans of a trace, whenever they end', async () => {
    const sink = encodedSink();
    const traces = Array.from({ length: 64 }, (_, index) => `${(index * 4).toString(16).padStart(2, '0')}000000000000`);
    const spans = [0, 1, 2].flatMap(() => traces.map((randomness) => makeSpan({ name: randomness, randomness })));
    const arrived = await arrivedOf(processorUnderLoad(sink, { sampleRate: 4 }), sink, spans);
    const counts = new Map<string, number>();
    for (const { name } of arrived) counts.set(name, (counts.get(name) ?? 0) + 1);
    expect([...counts]).toEqual(traces.slice(48).map((randomness) => [randomness, 3]));
  });
});

it('a span whose trace id is all zeros is not sampled out, because that id is not valid', async () => {
  const sink = objectSink();
  expect(await arrivedOf(processorUnderLoad(sink), sink, [makeSpan({ traceId: '0'.repeat(32) })])).toEqual([
    { name: 'GET /orders', traceState: '' },
  ]);
});

describe.each(SINKS)('a span without a valid trace id, with %s', (_, newSink) => {
  it.each(['', 'abc', 'x'.repeat(32), `0af7651916cd43dd84${'.'.repeat(14)}`])(
    'is not sampled out, and gets no threshold: %s',
    async (traceId) => {
      const sink = newSink();
      const processor = processorUnderLoad(sink, { sampleRate: 1_000 });
      const arrived = await arrivedOf(processor, sink, [makeSpan({ traceId })]);
      expect(processor.getMetrics().droppedByReason.sampled_out).toBe(0);
      expect(arrived.filter(({ traceState }) => traceState !== '')).toEqual([]);
    },
  );
});

describe('a span whose context cannot be read', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('hostile');
      },
    ],
    ['is undefined', () => undefined],
  ])('is offered nevertheless, and counted when it fails: the context %s', async (_, spanContext) => {
    const encoded = encodedSink();
    const processor = processorUnderLoad(encoded, { sampleRate: 1_000 });
    expect(await arrivedOf(processor, encoded, [makeSpan({ fields: { spanContext } })])).toEqual([]);
    expect(processor.getMetrics()).toMatchObject({
      eventsOffered: 1,
      eventsRefused: 1,
      droppedByReason: { unencodable: 1, sampled_out: 0 },
    });
  });

  it('reaches a foreign exporter unchanged, which may know what to do with it', async () => {
    const sink = objectSink();
    const span = makeSpan({ fields: { spanContext: () => undefined } });
    const processor = processorUnderLoad(sink, { sampleRate: 1_000 });
    processor.onEnd(span);
    await processor.forceFlush();
    expect(sink.exporter.exported).toEqual([span]);
  });
});
