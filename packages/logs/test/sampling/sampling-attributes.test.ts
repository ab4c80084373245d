import type { ReadableLogRecordLike } from '@spillway/logs';
import { isKept, parseRandomness, parseThreshold } from '@spillway/sampling';
import { describe, expect, it } from 'vitest';
import { useFakeTime } from '../../../pipeline/test/processor/item-sink.ts';
import { makeLogRecord, SPAN_CONTEXT } from '../make-log-record.ts';
import {
  type ArrivedRecord,
  arrivedOf,
  encodedSink,
  objectSink,
  processorOf,
  processorUnderLoad,
  SINKS,
  valueIn,
} from './records-under-load.ts';

useFakeTime();

const THRESHOLD = 'sampling.threshold';
const RANDOMNESS = 'sampling.randomness';
const HIGH = 'ffffffffffffff';

const inTrace = (attributes: Record<string, unknown> = {}): ReadableLogRecordLike =>
  makeLogRecord({ attributes, spanContext: { ...SPAN_CONTEXT, traceId: `0af7651916cd43dd84${HIGH}` } });
const withAttributes = (attributes: Record<string, unknown>): ReadableLogRecordLike => makeLogRecord({ attributes });
const namesIn = (record: ArrivedRecord | undefined): readonly string[] =>
  (record?.attributes ?? []).map(([name]) => name);

describe.each(SINKS)('a sampled log record, with %s', (_, newSink) => {
  async function arrivedWith(record: ReadableLogRecordLike, sampleRate = 2): Promise<ArrivedRecord | undefined> {
    const sink = newSink();
    return (await arrivedOf(processorUnderLoad(sink, { sampleRate }), sink, [record]))[0];
  }

  it.each([
    [2, '8000'],
    [3, 'aaab'],
    [10, 'e667'],
    [65_536, 'ffff'],
  ])('says in four digits that it is 1 in %i: %s', async (sampleRate, digits) => {
    const arrived = await arrivedWith(inTrace({ a: 'b', n: 1 }), sampleRate);
    expect(arrived).toEqual({
      body: 'order placed',
      attributes: [
        ['a', 'b'],
        ['n', 1],
        [THRESHOLD, digits],
      ],
    });
  });

  it('has no sampling attributes if 1 in 1 is kept', async () => {
    expect(await arrivedWith(inTrace({ a: 'b' }), 1)).toEqual({ body: 'order placed', attributes: [['a', 'b']] });
    expect(await arrivedWith(makeLogRecord(), 1)).toEqual({ body: 'order placed', attributes: [] });
  });

  it('has its randomness as an attribute if it belongs to no trace: 14 digits, at or above the threshold', async () => {
    const sink = newSink();
    const arrived = await arrivedOf(
      processorUnderLoad(sink, { sampleRate: 3 }),
      sink,
      Array.from({ length: 300 }, () => makeLogRecord()),
    );
    expect(arrived.length).toBeGreaterThan(30);
    const seen = new Set<unknown>();
    for (const record of arrived) {
      expect(namesIn(record)).toEqual([RANDOMNESS, THRESHOLD]);
      const [digits, threshold] = [valueIn(record, RANDOMNESS), valueIn(record, THRESHOLD)];
      expect(digits).toMatch(/^[0-9a-f]{14}$/);
      expect(isKept(parseRandomness(String(digits)) as never, parseThreshold(String(threshold)) as never)).toBe(true);
      seen.add(digits);
    }
    expect(seen.size).toBe(arrived.length);
  });

  it.each([
    ['ffffffffffffff', true],
    ['80000000000000', true],
    ['7fffffffffffff', false],
    ['00000000000000', false],
  ])('was drawn by the randomness that it came with, and keeps that attribute: %s', async (randomness, kept) => {
    const arrived = await arrivedWith(withAttributes({ [RANDOMNESS]: randomness, a: 'b' }));
    expect(arrived?.attributes).toEqual(
      kept
        ? [
            ['a', 'b'],
            [RANDOMNESS, randomness],
            [THRESHOLD, '8000'],
          ]
        : undefined,
    );
  });

  it('was drawn by the randomness that it came with even if its trace has another one', async () => {
    const sink = newSink();
    const records = [
      inTrace({ [RANDOMNESS]: '00000000000001' }),
      makeLogRecord({
        attributes: { [RANDOMNESS]: HIGH },
        spanContext: { ...SPAN_CONTEXT, traceId: '0af7651916cd43dd8400000000000001' },
      }),
    ];
    const arrived = await arrivedOf(processorUnderLoad(sink), sink, records);
    expect(arrived.map(({ attributes }) => attributes)).toEqual([
      [
        [RANDOMNESS, HIGH],
        [THRESHOLD, '8000'],
      ],
    ]);
  });

  it.each(['123', 'FFFFFFFFFFFFFF', 7, null])(
    'has the randomness that was drawn for it instead of a malformed one: %s',
    async (randomness) => {
      const sink = newSink();
      const arrived = await arrivedOf(
        processorUnderLoad(sink),
        sink,
        Array.from({ length: 40 }, () => withAttributes({ [RANDOMNESS]: randomness, a: 'b' })),
      );
      expect(arrived.length).toBeGreaterThan(0);
      for (const record of arrived) {
        expect(namesIn(record)).toEqual(['a', RANDOMNESS, THRESHOLD]);
        expect(valueIn(record, RANDOMNESS)).toMatch(/^[89a-f][0-9a-f]{13}$/);
      }
    },
  );

  it('has the rv of its trace as an attribute, because a log record has no tracestate', async () => {
    const traceState = { serialize: () => 'ot=rv:fffffffffffff0' };
    const arrived = await arrivedWith(
      makeLogRecord({ spanContext: { ...SPAN_CONTEXT, traceId: '0af7651916cd43dd8400000000000001', traceState } }),
    );
    expect(arrived?.attributes).toEqual([
      [RANDOMNESS, 'fffffffffffff0'],
      [THRESHOLD, '8000'],
    ]);
  });

  it.each([
    ['the same one', '8', '8000'],
    ['the same one with four digits', '8000', '8000'],
    ['a higher one', 'c', 'c000'],
    ['a higher one with all 14 digits', '80000000000001', '80000000000001'],
  ])(
    'keeps the threshold that it came with, in at least four digits, if that is not lower: %s',
    async (_name, incoming, expected) => {
      const arrived = await arrivedWith(inTrace({ [THRESHOLD]: incoming, a: 'b' }));
      expect(arrived?.attributes).toEqual([
        ['a', 'b'],
        [THRESHOLD, expected],
      ]);
    },
  );

  it('is drawn from the values at or above its own threshold if it has neither randomness nor a trace', async () => {
    const sink = newSink();
    const processor = processorUnderLoad(sink, { sampleRate: 8 });
    const arrived = await arrivedOf(
      processor,
      sink,
      Array.from({ length: 2_000 }, () => withAttributes({ [THRESHOLD]: 'c' })),
    );
    // 1 in 4 was kept before, and 1 in 8 is to be kept, so every other one is. Six standard deviations.
    expect(Math.abs(arrived.length - 1_000)).toBeLessThan(6 * Math.sqrt(2_000 / 4));
    for (const record of arrived) {
      expect(valueIn(record, THRESHOLD)).toBe('e000');
      expect(valueIn(record, RANDOMNESS)).toMatch(/^[ef]/);
    }
  });

  it.each([
    ['a lower one', '4'],
    ['a lower one with all 14 digits', '7fffffffffffff'],
    ['one that keeps all', '0'],
    ['a malformed one', 'half'],
    ['one in upper case', 'C'],
    ['a number', 0xc000],
    ['null', null],
  ])('has the threshold of the processor, once, instead of %s', async (_name, incoming) => {
    const arrived = await arrivedWith(inTrace({ [THRESHOLD]: incoming, a: 'b' }));
    expect(arrived?.attributes).toEqual([
      ['a', 'b'],
      [THRESHOLD, '8000'],
    ]);
  });

  it('has its threshold even if it had no attributes', async () => {
    expect(
      (
        await arrivedWith(
          makeLogRecord({
            attributes: undefined,
            spanContext: { ...SPAN_CONTEXT, traceId: `0af7651916cd43dd84${HIGH}` },
          }),
        )
      )?.attributes,
    ).toEqual([[THRESHOLD, '8000']]);
  });
});

describe.each(SINKS)('a log record below the low watermark, with %s', (_, newSink) => {
  it('is exported unchanged', async () => {
    const sink = newSink();
    const processor = processorOf(sink, { strategy: 'sample', sampleRate: 1_000 });
    const attributes = { [THRESHOLD]: '4', [RANDOMNESS]: '00000000000001', a: 'b' };
    const arrived = await arrivedOf(processor, sink, [
      withAttributes(attributes),
      inTrace({ a: 'b' }),
      makeLogRecord(),
    ]);
    expect(arrived.map((record) => record.attributes)).toEqual([Object.entries(attributes), [['a', 'b']], []]);
    expect(processor.getMetrics()).toMatchObject({ samplingProbability: 1, eventsRefused: 0 });
  });
});

describe('a log record with an attribute that throws, and a lower threshold', () => {
  const hostile = (name: string, attributes: Record<string, unknown> = {}): Record<string, unknown> =>
    Object.defineProperty({ ...attributes }, name, {
      enumerable: true,
      get: () => {
        throw new Error('hostile');
      },
    });

  it.each([
    ['any', hostile('secret', { [THRESHOLD]: '4', a: 'b' })],
    ['the threshold', hostile(THRESHOLD, { a: 'b' })],
    ['the randomness', hostile(RANDOMNESS, { [THRESHOLD]: '4', a: 'b' })],
  ])('is exported without that attribute: %s', async (_name, attributes) => {
    const sink = encodedSink();
    const arrived = await arrivedOf(processorUnderLoad(sink), sink, [
      makeLogRecord({ attributes, spanContext: inTrace().spanContext }),
    ]);
    expect(arrived.map((record) => record.attributes)).toEqual([
      [
        ['a', 'b'],
        [THRESHOLD, '8000'],
      ],
    ]);
  });

  it('reaches a foreign exporter, which may know what to do with it', async () => {
    const sink = objectSink();
    const processor = processorUnderLoad(sink);
    processor.onEmit(
      makeLogRecord({ attributes: hostile('secret', { [THRESHOLD]: '4' }), spanContext: inTrace().spanContext }),
    );
    await processor.forceFlush();
    const attributes = sink.exporter.exported[0]?.attributes ?? {};
    expect(Object.keys(attributes)).toEqual(['secret', THRESHOLD]);
    expect(attributes[THRESHOLD]).toBe('8000');
  });
});

describe.each(SINKS)('a log record with an attribute that throws, with %s', (_, newSink) => {
  it('never makes onEmit throw, and is counted', () => {
    const processor = processorUnderLoad(newSink());
    const attributes = Object.defineProperty({}, 'secret', {
      enumerable: true,
      get: () => {
        throw new Error('hostile');
      },
    });
    const { spanContext } = inTrace();
    expect(() => processor.onEmit(makeLogRecord({ attributes, spanContext }))).not.toThrow();
    const { eventsOffered, eventsAccepted, droppedByReason } = processor.getMetrics();
    expect([eventsOffered, eventsAccepted + droppedByReason.unencodable]).toEqual([1, 1]);
  });
});

describe('a foreign exporter of log records', () => {
  const changes = {
    severityText: 'INFO',
    eventName: 'order.placed',
    attributes: { a: 'b', [THRESHOLD]: '4' },
    spanContext: { ...SPAN_CONTEXT, traceId: `0af7651916cd43dd84${HIGH}` },
  };

  async function exportedOf(record: ReadableLogRecordLike): Promise<ReadableLogRecordLike> {
    const sink = objectSink();
    await arrivedOf(processorUnderLoad(sink), sink, [record]);
    return sink.exporter.exported[0] as ReadableLogRecordLike;
  }

  it('gets all other fields of the record', async () => {
    const record = makeLogRecord(changes);
    const exported = await exportedOf(record);
    expect(exported).not.toBe(record);
    for (const field of [
      'hrTime',
      'hrTimeObserved',
      'spanContext',
      'severityNumber',
      'severityText',
      'body',
      'eventName',
      'resource',
      'instrumentationScope',
      'droppedAttributesCount',
    ] as const) {
      expect(exported[field]).toBe(record[field]);
    }
  });

  it('gets a copy, so that later processors see the record unchanged', async () => {
    const record = makeLogRecord(changes);
    const { attributes } = record;
    await exportedOf(record);
    expect(record.attributes).toBe(attributes);
    expect(attributes).toEqual({ a: 'b', [THRESHOLD]: '4' });
  });

  it('gets the original record if there is no threshold to add', async () => {
    const record = makeLogRecord({ ...changes, severityNumber: 17 });
    expect(await exportedOf(record)).toBe(record);
  });
});
