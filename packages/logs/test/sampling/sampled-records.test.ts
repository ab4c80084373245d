import type { ReadableLogRecordLike } from '@spillway/logs';
import { describe, expect, it } from 'vitest';
import { useFakeTime } from '../../../pipeline/test/processor/item-sink.ts';
import { makeLogRecord, SPAN_CONTEXT } from '../make-log-record.ts';
import { arrivedOf, encodedSink, processorOf, processorUnderLoad, SINKS } from './records-under-load.ts';

useFakeTime();

const [TRACE, DEBUG, INFO, WARN, ERROR, FATAL] = [1, 5, 9, 13, 17, 21] as const;
const HIGH = 'ffffffffffffff';
const LOW = '00000000000001';

const inTrace = (
  randomness: string,
  changes: Record<string, unknown> = {},
  traceState?: string,
): ReadableLogRecordLike =>
  makeLogRecord({
    spanContext: {
      ...SPAN_CONTEXT,
      traceId: `0af7651916cd43dd84${randomness}`,
      ...(traceState === undefined ? {} : { traceState: { serialize: () => traceState } }),
    },
    ...changes,
  });

describe.each(SINKS)('a log record under load, with %s', (_, newSink) => {
  it.each([
    ['TRACE', TRACE, false],
    ['DEBUG', DEBUG, false],
    ['INFO', INFO, false],
    ['INFO4', INFO + 3, false],
    ['no severity', undefined, false],
    ['severity 0', 0, false],
    ['WARN', WARN, true],
    ['ERROR', ERROR, true],
    ['FATAL', FATAL, true],
  ])(
    'is kept unchanged from WARN on, and is otherwise kept or dropped with its trace: %s',
    async (_name, severityNumber, kept) => {
      const sink = newSink();
      const processor = processorUnderLoad(sink);
      const arrived = await arrivedOf(processor, sink, [inTrace(LOW, { severityNumber, attributes: { a: 'b' } })]);
      expect(arrived).toEqual(kept ? [{ body: 'order placed', attributes: [['a', 'b']] }] : []);
      expect(processor.getMetrics().droppedByReason.sampled_out).toBe(kept ? 0 : 1);
    },
  );

  it('is kept unchanged if keep says so', async () => {
    const sink = newSink();
    const keep = ({ body }: ReadableLogRecordLike): boolean => body === 'audit';
    const arrived = await arrivedOf(processorUnderLoad(sink, { keep }), sink, [
      inTrace(LOW),
      inTrace(LOW, { body: 'audit' }),
      inTrace(LOW, { body: 'worse', severityNumber: ERROR }),
    ]);
    expect(arrived.toSorted((a, b) => String(a.body).localeCompare(String(b.body)))).toEqual([
      { body: 'audit', attributes: [] },
      { body: 'worse', attributes: [] },
    ]);
  });

  it('is sampled like all others if keep throws, and the error reaches nobody', async () => {
    const sink = newSink();
    const keep = (): boolean => {
      throw new Error('bug');
    };
    const processor = processorUnderLoad(sink, { keep });
    expect(await arrivedOf(processor, sink, [inTrace(LOW), inTrace(HIGH)])).toHaveLength(1);
    expect(processor.getMetrics().droppedByReason.sampled_out).toBe(1);
  });
});

describe('a log record of a trace, under load', () => {
  it.each([
    [LOW, undefined, false],
    ['7fffffffffffff', undefined, false],
    ['80000000000000', undefined, true],
    [HIGH, undefined, true],
    [LOW, 'ot=rv:ffffffffffffff', true],
    [LOW, 'a=1,ot=th:c;rv:80000000000000', true],
    [HIGH, 'ot=rv:00000000000001', false],
    [HIGH, 'ot=rv:nonsense', true],
    [LOW, 'ot=rv:FFFFFFFFFFFFFF', false],
  ])(
    'is kept like the spans of its trace, by the randomness of the trace: %s, %s',
    async (randomness, traceState, kept) => {
      const sink = encodedSink();
      expect(await arrivedOf(processorUnderLoad(sink), sink, [inTrace(randomness, {}, traceState)])).toHaveLength(
        kept ? 1 : 0,
      );
    },
  );

  it('is kept or dropped together with all others of its trace', async () => {
    const sink = encodedSink();
    const traces = Array.from({ length: 16 }, (_, index) => `${index.toString(16)}0000000000000`);
    const records = [1, 2, 3].flatMap(() => traces.map((randomness) => inTrace(randomness, { body: randomness })));
    const arrived = await arrivedOf(processorUnderLoad(sink, { sampleRate: 4 }), sink, records);
    expect(arrived.map(({ body }) => body)).toEqual([1, 2, 3].flatMap(() => traces.slice(12)));
  });

  it.each(['', 'abc', 'x'.repeat(32), '0'.repeat(32)])('is kept if its trace id is not valid: %s', async (traceId) => {
    const sink = encodedSink();
    const arrived = await arrivedOf(processorUnderLoad(sink, { sampleRate: 1_000 }), sink, [
      makeLogRecord({ spanContext: { ...SPAN_CONTEXT, traceId } }),
    ]);
    expect(arrived).toEqual([{ body: 'order placed', attributes: [] }]);
  });
});

describe('log records that belong to no trace, under load', () => {
  it.each([2, 10])('are drawn one by one, 1 in %i', (sampleRate) => {
    const processor = processorUnderLoad(encodedSink(), { sampleRate });
    const emitted = 4_000;
    for (let index = 0; index < emitted; index += 1) processor.onEmit(makeLogRecord());
    const expected = emitted / sampleRate;
    // Six standard deviations.
    expect(Math.abs(processor.getMetrics().eventsAccepted - expected)).toBeLessThan(
      6 * Math.sqrt(expected * (1 - 1 / sampleRate)),
    );
  });
});

describe('the strategy of log records', () => {
  it('is not to sample, unless the option says so', async () => {
    const sink = encodedSink();
    const arrived = await arrivedOf(processorOf(sink, { lowWatermark: 0, sampleRate: 1_000 }), sink, [inTrace(LOW)]);
    expect(arrived).toEqual([{ body: 'order placed', attributes: [] }]);
  });

  it.each([{}, 'WARN', true, null])('accepts only a function for keep, not %j', (keep) => {
    expect(() => processorOf(encodedSink(), { keep: keep as never })).toThrow(/^keep must be a function/);
  });

  it('sends the most severe records first, even if they are sampled', async () => {
    const sink = encodedSink();
    const severities = [TRACE, ERROR, INFO, WARN, DEBUG, FATAL];
    const arrived = await arrivedOf(
      processorUnderLoad(sink),
      sink,
      severities.map((severityNumber) => inTrace(HIGH, { severityNumber, body: severityNumber })),
    );
    expect(arrived.map(({ body }) => body)).toEqual([FATAL, ERROR, WARN, INFO, DEBUG, TRACE]);
  });
});
