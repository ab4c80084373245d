import { KEEP_ALL } from '@spillway/sampling';
import { describe, expect, it, vi } from 'vitest';
import { useFakeTime } from '../../../pipeline/test/processor/item-sink.ts';
import { LOW, makeSpan } from './make-span.ts';
import { encodedSink, lawfulSpanProcessor, processorUnderLoad } from './spans-under-load.ts';

useFakeTime();

describe('after the shutdown', () => {
  it.each([undefined, 2])(
    'a span is counted as already_shutdown and no longer sampled, with sampleRate %s',
    async (sampleRate) => {
      const processor = processorUnderLoad(encodedSink(), { sampleRate });
      processor.onEnd(makeSpan());
      await processor.shutdown();
      processor.onEnd(makeSpan({ randomness: LOW }));
      expect(processor.getMetrics()).toMatchObject({
        samplingProbability: 1,
        droppedByReason: { already_shutdown: 1, sampled_out: 0 },
      });
      expect(processor.samplingThreshold).toBe(KEEP_ALL);
    },
  );

  it.each([
    ['that had ended', 0.5, 0],
    ['that lasted to the end', 0.5, 8],
    ['that never ends', 0, 1],
  ])('no sampling window runs or begins after a load %s', async (_, lowWatermark, spans) => {
    const processor = lawfulSpanProcessor(encodedSink(), {
      strategy: 'sample',
      lowWatermark,
      maxQueueSize: 10,
      maxExportBatchSize: 10,
    });
    for (let index = 0; index < spans; index += 1) processor.onEnd(makeSpan());
    await processor.shutdown();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('no sampling window begins if spans were left', async () => {
    const sink = encodedSink(true);
    const processor = lawfulSpanProcessor(sink, { strategy: 'sample', maxQueueSize: 10, drainTimeoutMillis: 100 });
    for (let index = 0; index < 9; index += 1) processor.onEnd(makeSpan());
    const shutdown = processor.shutdown();
    await vi.advanceTimersByTimeAsync(100);
    sink.release();
    await shutdown;
    expect(processor.getMetrics().droppedByReason.drain_timeout).toBe(9);
    expect(vi.getTimerCount()).toBe(0);
  });
});
