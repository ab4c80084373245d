import { describe, expect, it } from 'vitest';
import type { ReadableSpanLike } from '@spillway/trace';
import { useFakeTime } from '../../../pipeline/test/processor/item-sink.ts';
import { LOW, makeSpan, type SpanWishes } from './make-span.ts';
import { arrivedOf, encodedSink, processorUnderLoad, SINKS } from './spans-under-load.ts';

useFakeTime();

const MARKED = 'ot=th:8000';
const MOST_TRACES = 4_096;

const remote = { isRemote: true } as const;
const local = { isRemote: false } as const;
const named = (name: string, wishes: SpanWishes): ReadableSpanLike => makeSpan({ name, ...wishes });
const traceIdOf = (index: number): string => `0af7651916cd43dd84ff${index.toString(16).padStart(12, '0')}`;

describe.each(SINKS)('a trace that came from outside, with %s', (_, newSink) => {
  it('gets no threshold in any of its spans here if it does not say how it was sampled there', async () => {
    const sink = newSink();
    const spans = [
      named('server', { parent: remote }),
      named('child', { parent: local }),
      named('grandchild', { parent: { isRemote: undefined } as never }),
    ];
    const arrived = await arrivedOf(processorUnderLoad(sink), sink, spans);
    expect(arrived).toEqual([
      { name: 'server', traceState: '' },
      { name: 'child', traceState: '' },
      { name: 'grandchild', traceState: '' },
    ]);
  });

  it('gets no threshold even if its children end before its first span', async () => {
    const sink = newSink();
    const processor = processorUnderLoad(sink);
    const [server, child] = [named('server', { parent: remote }), named('child', { parent: local })];
    for (const span of [server, child]) processor.onStart(span, undefined);
    for (const span of [child, server]) processor.onEnd(span);
    await processor.forceFlush();
    expect(sink.arrived().map(({ traceState }) => traceState)).toEqual(['', '']);
  });

  it('keeps the rest of its tracestate', async () => {
    const sink = newSink();
    const traceState = 'a=1,ot=rv:ffffffffffffff';
    const arrived = await arrivedOf(processorUnderLoad(sink), sink, [
      named('server', { traceState, parent: { ...remote, traceState } }),
    ]);
    expect(arrived).toEqual([{ name: 'server', traceState }]);
  });

  it('is sampled like all others, although it gets no threshold', async () => {
    const sink = newSink();
    const processor = processorUnderLoad(sink);
    const spans = [
      named('server', { randomness: LOW, parent: remote }),
      named('child', { randomness: LOW, parent: local }),
    ];
    expect(await arrivedOf(processor, sink, spans)).toEqual([]);
    expect(processor.getMetrics().droppedByReason.sampled_out).toBe(2);
  });

  it.each([
    ['th', { ...remote, traceState: 'ot=th:4' }, 'ot=th:4', MARKED],
    ['a higher th', { ...remote, traceState: 'ot=th:c' }, 'ot=th:c', 'ot=th:c000'],
    ['a th that keeps all', { ...remote, traceState: 'a=1,ot=th:0' }, 'a=1,ot=th:0', `${MARKED},a=1`],
    ['the random flag', { ...remote, traceFlags: 3 }, undefined, MARKED],
    ['the random flag alone', { ...remote, traceFlags: 2 }, undefined, MARKED],
  ])('gets a threshold if it says how it was sampled: by %s', async (_name, parent, traceState, expected) => {
    const sink = newSink();
    const state = traceState === undefined ? {} : { traceState };
    const spans = [named('server', { parent, ...state }), named('child', { parent: local, ...state })];
    const arrived = await arrivedOf(processorUnderLoad(sink), sink, spans);
    expect(arrived).toEqual([
      { name: 'server', traceState: expected },
      { name: 'child', traceState: expected },
    ]);
  });

  it.each(['ot=rv:ffffffffffffff', 'ot=th:zz', 'th:4', 'other=th:4'])(
    'gets no threshold if its tracestate has none: %s',
    async (traceState) => {
      const sink = newSink();
      const arrived = await arrivedOf(processorUnderLoad(sink), sink, [
        named('server', { traceState, parent: { ...remote, traceState } }),
      ]);
      expect(arrived).toEqual([{ name: 'server', traceState }]);
    },
  );
});

describe('a trace that begins here', () => {
  it.each([
    ['has no parent', {}],
    ['has a local parent', { parent: local }],
    ['has a parent of unknown origin', { parent: { isRemote: undefined } as never }],
  ])('gets a threshold: its span %s', async (_, wishes) => {
    const sink = encodedSink();
    expect(await arrivedOf(processorUnderLoad(sink), sink, [named('span', wishes)])).toEqual([
      { name: 'span', traceState: MARKED },
    ]);
  });

  it('gets a threshold even while other traces come from outside', async () => {
    const sink = encodedSink();
    const spans = [named('server', { traceId: traceIdOf(1), parent: remote }), named('job', { traceId: traceIdOf(2) })];
    expect(await arrivedOf(processorUnderLoad(sink), sink, spans)).toEqual([
      { name: 'server', traceState: '' },
      { name: 'job', traceState: MARKED },
    ]);
  });
});

describe('traces that came from outside and do not say how they were sampled', () => {
  it('are not forgotten because one of them enters this process many times', async () => {
    const sink = encodedSink();
    const processor = processorUnderLoad(sink);
    const start = (index: number): void =>
      processor.onStart(makeSpan({ traceId: traceIdOf(index), parent: remote }), undefined);
    for (let index = 0; index < MOST_TRACES; index += 1) start(index);
    for (let again = 0; again < 10; again += 1) start(MOST_TRACES - 1);
    processor.onEnd(makeSpan({ traceId: traceIdOf(0), parent: remote }));
    await processor.forceFlush();
    expect(sink.arrived().map(({ traceState }) => traceState)).toEqual(['']);
  });

  it(`are remembered up to a limit of ${MOST_TRACES}, and then the first ones are forgotten`, async () => {
    const sink = encodedSink();
    const processor = processorUnderLoad(sink);
    for (let index = 0; index <= MOST_TRACES; index += 1)
      processor.onStart(makeSpan({ traceId: traceIdOf(index), parent: remote }), undefined);
    for (const index of [0, 1, 2, MOST_TRACES - 1, MOST_TRACES])
      processor.onEnd(named(String(index), { traceId: traceIdOf(index), parent: remote }));
    await processor.forceFlush();
    expect(
      sink
        .arrived()
        .filter(({ traceState }) => traceState === MARKED)
        .map(({ name }) => name),
    ).toEqual(['0']);
  });
});

describe('a span that cannot be read when it starts', () => {
  it.each([
    ['is undefined', undefined],
    ['is null', null],
    [
      'throws',
      Object.defineProperty({}, 'parentSpanContext', {
        get: () => {
          throw new Error('hostile');
        },
      }),
    ],
  ])('does not make onStart throw: it %s', (_, span) => {
    const processor = processorUnderLoad(encodedSink());
    expect(() => processor.onStart(span, undefined)).not.toThrow();
  });
});
