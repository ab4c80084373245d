import type { ReadableSpanLike } from '@spillway/trace';
import { describe, expect, it } from 'vitest';
import { useFakeTime } from '../../../pipeline/test/processor/item-sink.ts';
import { makeError, makeSpan } from './make-span.ts';
import { arrivedOf, encodedSink, processorUnderLoad, SINKS } from './spans-under-load.ts';

useFakeTime();

/** A span whose context cannot be read one time. */
function spanThatFails(failing: number): ReadableSpanLike {
  const spanContext = makeSpan().spanContext();
  let reads = 0;
  return makeSpan({
    fields: {
      spanContext: () => {
        reads += 1;
        if (reads === failing) throw new Error('hostile');
        return spanContext;
      },
    },
  });
}

describe.each(SINKS)('a span whose context can be read only sometimes, with %s', (_, newSink) => {
  it.each([1, 2, 3, 4, 5, 6, 7])(
    'never makes onEnd throw, and is counted, if read number %i fails',
    async (failing) => {
      const sink = newSink();
      const processor = processorUnderLoad(sink);
      expect(() => processor.onEnd(spanThatFails(failing))).not.toThrow();
      const { eventsOffered, eventsAccepted, droppedByReason } = processor.getMetrics();
      expect(eventsOffered).toBe(1);
      expect(eventsAccepted + droppedByReason.unencodable).toBe(1);
    },
  );
});

describe('a rule of the application that ends other spans', () => {
  const given = (name: string): void => void (name === 'outer' && processor.onEnd(makeSpan({ name: 'inner' })));
  let processor: ReturnType<typeof processorUnderLoad>;

  it.each(SINKS)(
    'does not change how its own exempt span is exported, if the rule is keep, with %s',
    async (_, newSink) => {
      const sink = newSink();
      const keep = ({ name }: ReadableSpanLike): boolean => {
        given(name);
        return name === 'outer';
      };
      processor = processorUnderLoad(sink, { keep });
      const arrived = await arrivedOf(processor, sink, [makeSpan({ name: 'outer' })]);
      expect(arrived).toEqual([
        { name: 'outer', traceState: '' },
        { name: 'inner', traceState: 'ot=th:8000' },
      ]);
    },
  );

  it.each(SINKS)('does not change the lane of its own span, if the rule is priorityOf, with %s', async (_, newSink) => {
    const sink = newSink();
    const priorityOf = ({ name }: ReadableSpanLike): number => {
      given(name);
      return name === 'inner' ? 1 : 0;
    };
    processor = processorUnderLoad(sink, { priorityOf });
    const arrived = await arrivedOf(processor, sink, [makeError({ name: 'outer' }), makeSpan({ name: 'other' })]);
    expect(arrived).toEqual([
      { name: 'inner', traceState: 'ot=th:8000' },
      { name: 'outer', traceState: '' },
      { name: 'other', traceState: 'ot=th:8000' },
    ]);
  });

  it.each(SINKS)(
    'does not change the lane or threshold of its own span, if it is serialize of a tracestate, with %s',
    async (_, newSink) => {
      const sink = newSink();
      processor = processorUnderLoad(sink);
      const serialize = (): string => {
        processor.onEnd(makeError({ name: 'inner' }));
        return 'ot=rv:ffffffffffffff';
      };
      const spanContext = { ...makeSpan().spanContext(), traceState: { serialize } };
      const arrived = await arrivedOf(processor, sink, [
        makeSpan({ name: 'before' }),
        makeSpan({ name: 'outer', fields: { spanContext: () => spanContext } }),
      ]);
      expect(arrived[0]).toEqual({ name: 'inner', traceState: '' });
      expect(arrived.slice(-2)).toEqual([
        { name: 'before', traceState: 'ot=th:8000' },
        { name: 'outer', traceState: 'ot=th:8000;rv:ffffffffffffff' },
      ]);
    },
  );

  it('does no harm if it throws from priorityOf', async () => {
    const sink = encodedSink();
    const processorOfThrower = processorUnderLoad(sink, {
      priorityOf: () => {
        throw new Error('bug');
      },
    });
    expect(() => processorOfThrower.onEnd(makeSpan())).not.toThrow();
    expect(processorOfThrower.getMetrics()).toMatchObject({ eventsOffered: 1, eventsAccepted: 1 });
  });
});
