import { describe, expect, it } from 'vitest';
import { useFakeTime } from '../../../pipeline/test/processor/item-sink.ts';
import { HIGH, LOW, makeError, makeSpan } from './make-span.ts';
import {
  arrivedOf,
  encodedSink,
  lawfulSpanProcessor,
  objectSink,
  processorUnderLoad,
  SINKS,
} from './spans-under-load.ts';

useFakeTime();

describe.each(SINKS)('an exempt span, with %s', (_, newSink) => {
  it('is kept under load whatever the randomness of its trace', async () => {
    const sink = newSink();
    const processor = processorUnderLoad(sink, { sampleRate: 1_000_000 });
    const spans = [
      makeError({ name: 'low', randomness: LOW }),
      makeError({ name: 'high', randomness: HIGH }),
      makeSpan({ randomness: '80000000000000' }),
    ];
    expect((await arrivedOf(processor, sink, spans)).map(({ name }) => name)).toEqual(['low', 'high']);
    expect(processor.getMetrics().droppedByReason.sampled_out).toBe(1);
  });

  it.each([
    undefined,
    'ot=th:4',
    'ot=th:c;rv:00000000000001,vendor=value',
    'vendor=value,ot=th:fd70a4',
    'ot=th:zz',
    'vendor=value',
  ])('keeps the tracestate that it came with: %s', async (traceState) => {
    const sink = newSink();
    const error = makeError({ ...(traceState === undefined ? {} : { traceState }) });
    const arrived = await arrivedOf(processorUnderLoad(sink), sink, [error]);
    expect(arrived).toEqual([{ name: 'GET /orders', traceState: traceState ?? '' }]);
  });

  it('is sent before spans that ended earlier', async () => {
    const sink = newSink();
    const processor = processorUnderLoad(sink, { maxExportBatchSize: 2 });
    const spans = [makeSpan({ name: 'first' }), makeSpan({ name: 'second' }), makeError({ name: 'error' })];
    expect((await arrivedOf(processor, sink, spans)).map(({ name }) => name)).toEqual(['error', 'first', 'second']);
  });

  it('is evicted only if the queue holds no other spans, and then the oldest goes first', async () => {
    const sink = newSink(true);
    const processor = processorUnderLoad(sink, { sampleRate: 1, maxQueueSize: 4, maxExportBatchSize: 4 });
    for (const name of ['error 1', 'error 2']) processor.onEnd(makeError({ name }));
    for (const name of ['span 1', 'span 2', 'span 3']) processor.onEnd(makeSpan({ name }));
    expect(processor.getMetrics().droppedByReason.evicted).toBe(1);
    for (const name of ['error 3', 'error 4', 'error 5']) processor.onEnd(makeError({ name }));
    expect(processor.getMetrics().droppedByReason.evicted).toBe(4);
    processor.onEnd(makeSpan({ name: 'too late' }));
    expect(processor.getMetrics().droppedByReason.queue_full).toBe(1);
    sink.release();
    await processor.forceFlush();
    expect(sink.arrived().map(({ name }) => name)).toEqual(['error 2', 'error 3', 'error 4', 'error 5']);
  });
});

describe('an exempt span', () => {
  it('goes to the lane that priorityOf returns, if that option is given', async () => {
    const sink = objectSink();
    const processor = processorUnderLoad(sink, { priorityOf: ({ name }) => (name === 'first' ? 2 : 1) });
    const arrived = await arrivedOf(processor, sink, [makeError({ name: 'error' }), makeSpan({ name: 'first' })]);
    expect(arrived.map(({ name }) => name)).toEqual(['first', 'error']);
  });

  it('is not sent before other spans if the strategy does not sample', async () => {
    const sink = encodedSink();
    const processor = lawfulSpanProcessor(sink, { strategy: 'drop_oldest', lowWatermark: 0 });
    const arrived = await arrivedOf(processor, sink, [makeSpan({ name: 'first' }), makeError({ name: 'error' })]);
    expect(arrived.map(({ name }) => name)).toEqual(['first', 'error']);
  });
});
