import type { BackpressureSpanProcessor, ReadableSpanLike } from '@spillway/trace';
import { describe, expect, it, vi } from 'vitest';
import { expectLaw } from '../../../pipeline/test/processor/processor-setup.ts';
import { ScriptedExporter } from '../../../pipeline/test/processor/scripted-exporter.ts';
import { useFakeTime } from '../../../pipeline/test/processor/item-sink.ts';
import { LOW, makeError, makeSpan } from './make-span.ts';
import { lawfulSpanProcessor, processorUnderLoad, SINKS, type SpanSink } from './spans-under-load.ts';

useFakeTime();

const WINDOW_MILLIS = 500;

/** Takes `perWindow` spans in a window of half a second, like a slow collector. */
function slowSink(perWindow: number): SpanSink {
  const held = new Set<() => void>();
  let isReleased = false;
  const exporter = new ScriptedExporter<ReadableSpanLike>((_, done) => {
    const end = (): void => void (held.delete(end) && done({ code: 0 }));
    held.add(end);
    if (isReleased) end();
    else setTimeout(end, WINDOW_MILLIS / perWindow);
  });
  const release = (): void => {
    isReleased = true;
    for (const end of held) end();
  };
  return { exporter, arrived: () => [], release };
}

/** Gives spans in each of this many windows. */
async function runWindows(processor: BackpressureSpanProcessor, windows: number, give: () => void): Promise<void> {
  for (let window = 0; window < windows; window += 1) {
    give();
    // oxlint-disable-next-line no-await-in-loop -- one window after the other
    await vi.advanceTimersByTimeAsync(WINDOW_MILLIS);
    expectLaw(processor);
  }
}

describe.each(SINKS)('the metrics of sampling, with %s', (_, newSink) => {
  it('say where every span went, at each step', async () => {
    const sink = newSink(true);
    const processor = processorUnderLoad(sink, { maxQueueSize: 20, maxExportBatchSize: 4 });
    for (let round = 0; round < 10; round += 1) {
      for (const span of [
        makeSpan(),
        makeSpan({ randomness: LOW }),
        makeError(),
        makeSpan({ traceId: 'abc' }),
        makeSpan({
          fields: {
            spanContext: () => {
              throw new Error('hostile');
            },
          },
        }),
      ]) {
        processor.onEnd(span);
        expectLaw(processor);
      }
    }
    const { eventsOffered, droppedByReason } = processor.getMetrics();
    expect(eventsOffered).toBe(50);
    expect(droppedByReason.sampled_out).toBe(10);
  });

  it('count a sampled-out span once as offered and once as refused', () => {
    const onDrop = vi.fn<(reason: string, count: number) => void>();
    const processor = processorUnderLoad(newSink(), { onDrop });
    for (let index = 0; index < 3; index += 1) processor.onEnd(makeSpan({ randomness: LOW }));
    expect(processor.getMetrics()).toMatchObject({
      eventsOffered: 3,
      eventsAccepted: 0,
      eventsRefused: 3,
      eventsDropped: 3,
      bufferSize: 0,
      droppedByReason: { sampled_out: 3 },
    });
    expect(onDrop.mock.calls).toEqual([
      ['sampled_out', 1],
      ['sampled_out', 1],
      ['sampled_out', 1],
    ]);
  });

  it.each([
    [1, 1],
    [2, 0.5],
    [4, 0.25],
    [1_024, 1 / 1_024],
  ])('give the share that is kept now: 1 in %i', (sampleRate, share) => {
    expect(processorUnderLoad(newSink(), { sampleRate }).getMetrics().samplingProbability).toBe(share);
  });

  it.each(['drop_oldest', 'drop_newest', 'block'] as const)(
    'say that all spans are kept with %s, even if sampleRate is given',
    (strategy) => {
      const processor = lawfulSpanProcessor(newSink(), { strategy, lowWatermark: 0, sampleRate: 2 });
      processor.onEnd(makeSpan({ randomness: LOW }));
      expect(processor.getMetrics()).toMatchObject({
        samplingProbability: 1,
        exemptExceedsCapacity: false,
        eventsNotBuilt: 0,
        eventsAccepted: 1,
      });
    },
  );

  it('count traces that were not even recorded, and only in eventsNotBuilt', () => {
    const processor = processorUnderLoad(newSink());
    processor.onNotRecorded();
    processor.onNotRecorded();
    expect(processor.getMetrics()).toMatchObject({ eventsNotBuilt: 2, eventsOffered: 0, eventsDropped: 0 });
  });
});

describe('the metrics of sampling that follows the load', () => {
  it('say that fewer spans are kept while more arrive than can be sent, and all again afterwards', async () => {
    const processor = lawfulSpanProcessor(slowSink(10), {
      strategy: 'sample',
      maxQueueSize: 400,
      maxExportBatchSize: 1,
    });
    let given = 0;
    await runWindows(processor, 12, () => {
      for (let index = 0; index < 100; index += 1)
        processor.onEnd(
          makeSpan({ randomness: (((given += 1) * 7_919) % 65_536).toString(16).padStart(4, '0') + '0000000000' }),
        );
    });
    const { samplingProbability, droppedByReason } = processor.getMetrics();
    expect(samplingProbability).toBeLessThan(0.3);
    expect(samplingProbability).toBeGreaterThan(0.01);
    expect(droppedByReason.sampled_out).toBeGreaterThan(500);
    await runWindows(processor, 60, () => processor.onEnd(makeSpan()));
    expect(processor.getMetrics()).toMatchObject({ samplingProbability: 1, state: 'normal' });
    await processor.forceFlush();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([undefined, 2])(
    'say that exempt spans alone exceed the capacity, but only while they do: with sampleRate %s',
    async (sampleRate) => {
      const processor = lawfulSpanProcessor(slowSink(10), {
        strategy: 'sample',
        sampleRate,
        lowWatermark: 0,
        maxQueueSize: 400,
        maxExportBatchSize: 1,
      });
      const give = (errors: number, spans: number) => () => {
        for (let index = 0; index < errors; index += 1) processor.onEnd(makeError());
        for (let index = 0; index < spans; index += 1) processor.onEnd(makeSpan());
      };
      await runWindows(processor, 4, give(2, 30));
      expect(processor.getMetrics().exemptExceedsCapacity).toBe(false);
      await runWindows(processor, 6, give(60, 30));
      expect(processor.getMetrics().exemptExceedsCapacity).toBe(true);
      await runWindows(processor, 30, give(1, 1));
      expect(processor.getMetrics().exemptExceedsCapacity).toBe(false);
    },
  );
});
