import { describe, expect, it, vi } from 'vitest';
import { useFakeTime } from '../../../pipeline/test/processor/item-sink.ts';
import { makeLogRecord, SPAN_CONTEXT } from '../make-log-record.ts';
import { type ArrivedRecord, arrivedOf, processorUnderLoad, SINKS, valueIn } from './records-under-load.ts';

useFakeTime();

const WINDOW_MILLIS = 1_000;
const traceOf = (randomness: string) => ({ ...SPAN_CONTEXT, traceId: `0af7651916cd43dd84${randomness}` });
const HIGH = traceOf('ffffffffffffff');
const LOW = traceOf('00000000000001');

describe.each(SINKS)('repeated records that are also sampled, with %s', (_, newSink) => {
  const told = (records: readonly ArrivedRecord[]) =>
    records.map((record) => [valueIn(record, 'log_count'), valueIn(record, 'sampling.threshold')]);

  it('are summarised in a record that is sampled too, with the attributes of both', async () => {
    const sink = newSink();
    const processor = processorUnderLoad(sink, { deduplicationWindowMillis: WINDOW_MILLIS });
    const arrived = await arrivedOf(
      processor,
      sink,
      Array.from({ length: 10 }, () => makeLogRecord({ spanContext: HIGH })),
    );
    expect(told(arrived)).toEqual([
      [undefined, '8000'],
      [9, '8000'],
    ]);
    expect(processor.getMetrics()).toMatchObject({
      eventsOffered: 11,
      droppedByReason: { deduplicated: 9, sampled_out: 0 },
    });
  });

  it('are sampled out with their trace, and each counts as sampled_out', async () => {
    const sink = newSink();
    const processor = processorUnderLoad(sink, { deduplicationWindowMillis: WINDOW_MILLIS });
    expect(
      await arrivedOf(
        processor,
        sink,
        Array.from({ length: 10 }, () => makeLogRecord({ spanContext: LOW })),
      ),
    ).toEqual([]);
    expect(processor.getMetrics()).toMatchObject({
      eventsOffered: 10,
      droppedByReason: { deduplicated: 0, sampled_out: 10 },
    });
  });

  it('are kept from WARN on, and so is their summary', async () => {
    const sink = newSink();
    const processor = processorUnderLoad(sink, { deduplicationWindowMillis: WINDOW_MILLIS });
    const arrived = await arrivedOf(
      processor,
      sink,
      Array.from({ length: 10 }, () => makeLogRecord({ severityNumber: 13, spanContext: LOW })),
    );
    expect(told(arrived)).toEqual([
      [undefined, undefined],
      [9, undefined],
    ]);
  });

  it('are drawn again for each summary if they belong to no trace, and counts stay right', async () => {
    const sink = newSink();
    const processor = processorUnderLoad(sink, { deduplicationWindowMillis: WINDOW_MILLIS, sampleRate: 2 });
    const windows = 400;
    const eachWindow = 5;
    for (let window = 0; window < windows; window += 1) {
      for (let index = 0; index < eachWindow; index += 1) processor.onEmit(makeLogRecord());
      vi.advanceTimersByTime(WINDOW_MILLIS);
    }
    const arrived = await arrivedOf(processor, sink, []);
    const estimate = arrived.reduce((sum, record) => sum + 2 * Number(valueIn(record, 'log_count') ?? 1), 0);
    expect(new Set(arrived.map((record) => valueIn(record, 'sampling.threshold')))).toEqual(new Set(['8000']));
    // Six standard deviations of that many draws, each of which stands for ten records.
    expect(Math.abs(estimate - windows * eachWindow)).toBeLessThan(6 * eachWindow * Math.sqrt(windows));
  });
});
