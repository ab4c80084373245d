import { KEEP_ALL } from '@spillway/sampling';
import { describe, expect, it, vi } from 'vitest';
import type { BackpressureSpanProcessor, BackpressureSpanProcessorOptions } from '@spillway/trace';
import { useFakeTime } from '../../../pipeline/test/processor/item-sink.ts';
import { HIGH, LOW, makeError, makeSpan } from './make-span.ts';
import { arrivedOf, encodedSink, lawfulSpanProcessor, objectSink } from './spans-under-load.ts';

useFakeTime();

const SAMPLING: readonly BackpressureSpanProcessorOptions[] = [
  {},
  { strategy: 'sample' },
  { strategy: 'sample', sampleRate: 1_000 },
];

/** Spans with all properties that sampling reads or writes. */
const SPANS = [
  makeSpan({ name: 'low', randomness: LOW }),
  makeSpan({ name: 'high', randomness: HIGH }),
  makeSpan({ name: 'with a tracestate', traceState: ' a=1 ,ot=rv:00000000000001;th:4,,b=2' }),
  makeSpan({ name: 'with a malformed one', traceState: 'ot=;;;NO' }),
  makeSpan({ name: 'from outside', parent: { isRemote: true } }),
  makeSpan({ name: 'slow', fields: { endTime: [1_800_000_000, 0] } }),
];

function give(processor: BackpressureSpanProcessor, spans: typeof SPANS): void {
  for (const span of spans) {
    processor.onStart(span, undefined);
    processor.onEnd(span);
  }
}

/** The requests made from spans, and the timers that run before and after them. */
async function sentWith(options: BackpressureSpanProcessorOptions, spans = SPANS) {
  const sink = encodedSink();
  const before = vi.getTimerCount();
  const processor = lawfulSpanProcessor(sink, options);
  give(processor, spans);
  const timers = vi.getTimerCount() - before;
  await processor.forceFlush();
  return { bodies: sink.exporter.bodies, timers, timersLeft: vi.getTimerCount() - before, processor };
}

describe('below the low watermark', () => {
  it.each(SAMPLING)('spans are exported byte for byte as drop_oldest exports them, with %j', async (options) => {
    const [sampled, plain] = [await sentWith(options), await sentWith({ strategy: 'drop_oldest' })];
    expect(Buffer.concat(sampled.bodies).toString('hex')).toBe(Buffer.concat(plain.bodies).toString('hex'));
    expect(sampled.bodies).toHaveLength(1);
  });

  it.each(SAMPLING)('there are no more timers than drop_oldest has, with %j', async (options) => {
    const [sampled, plain] = [await sentWith(options), await sentWith({ strategy: 'drop_oldest' })];
    expect(sampled.timers).toBe(plain.timers);
    expect(sampled.timersLeft).toBe(0);
  });

  it.each(SAMPLING)('an error is exported unchanged too, with %j', async (options) => {
    const [sampled, plain] = [
      await sentWith(options, [makeError({ traceState: 'ot=th:4' })]),
      await sentWith({ strategy: 'drop_oldest' }, [makeError({ traceState: 'ot=th:4' })]),
    ];
    expect(sampled.bodies[0]).toHaveLength(plain.bodies[0]?.length ?? 0);
    expect(sampled.processor.getMetrics()).toMatchObject({ eventsFlushed: 1, samplingProbability: 1 });
  });

  it.each(SAMPLING)(
    'errors are not sent before other spans, just as drop_oldest sends them, with %j',
    async (options) => {
      const spans = [makeSpan({ name: 'first' }), makeError({ name: 'error' }), makeSpan({ name: 'last' })];
      const [sampled, plain] = [await sentWith(options, spans), await sentWith({ strategy: 'drop_oldest' }, spans)];
      expect(Buffer.concat(sampled.bodies).toString('hex')).toBe(Buffer.concat(plain.bodies).toString('hex'));
    },
  );

  it('a foreign exporter gets the same span objects that ended', async () => {
    const sink = objectSink();
    const processor = lawfulSpanProcessor(sink, { strategy: 'sample', sampleRate: 1_000 });
    give(processor, SPANS);
    await processor.forceFlush();
    expect(sink.exporter.exported).toHaveLength(SPANS.length);
    for (const [index, span] of sink.exporter.exported.entries()) expect(span).toBe(SPANS[index]);
  });

  it('the threshold is the one that keeps all', async () => {
    const { processor } = await sentWith({ strategy: 'sample', sampleRate: 1_000 });
    expect(processor.samplingThreshold).toBe(KEEP_ALL);
    expect(processor.getMetrics()).toMatchObject({ samplingProbability: 1, state: 'normal', eventsRefused: 0 });
  });
});

describe('once the load has ended', () => {
  it('all spans are kept and exported unchanged again, even with a fixed rate', async () => {
    const sink = encodedSink(true);
    const processor = lawfulSpanProcessor(sink, {
      strategy: 'sample',
      sampleRate: 2,
      maxQueueSize: 10,
      lowWatermark: 0.5,
      maxExportBatchSize: 10,
    });
    const low = (name: string) => makeSpan({ name, randomness: LOW });
    const names = Array.from({ length: 5 }, (_, index) => `before ${index}`);
    for (const name of names) processor.onEnd(low(name));
    expect(processor.getMetrics()).toMatchObject({ state: 'elevated', samplingProbability: 0.5 });
    processor.onEnd(low('in between'));
    processor.onEnd(makeSpan({ name: 'lucky' }));
    sink.release();
    await processor.forceFlush();
    expect(processor.getMetrics()).toMatchObject({
      state: 'normal',
      samplingProbability: 1,
      droppedByReason: { sampled_out: 1 },
    });
    expect(await arrivedOf(processor, sink, [low('after')])).toEqual([
      ...names.map((name) => ({ name, traceState: '' })),
      { name: 'lucky', traceState: 'ot=th:8000' },
      { name: 'after', traceState: '' },
    ]);
  });
});
