import { type BackpressureLogRecordProcessor, type BackpressureLogRecordProcessorOptions, LogRecordEncoder, type ReadableLogRecordLike } from '@spillway/logs';
import { onTestFinished } from 'vitest';
import { loadDefinitions, type OtlpAnyValue } from '../../../../test/collector/src/index.ts';
import { type EncodedSink, type ItemSink, type ObjectSink, sinkOfBytes, sinkOfObjects } from '../../../pipeline/test/processor/item-sink.ts';
import { lawfulProcessor } from '../lawful-processor.ts';

/** What arrives of a record. */
export interface ArrivedRecord {
  readonly body: unknown;
  /** In order, and as often as they are there. */
  readonly attributes: readonly (readonly [string, unknown])[];
}

export type RecordSink = ItemSink<ReadableLogRecordLike, ArrivedRecord>;

const definitions = await loadDefinitions();

export const encodedSink = (isHeld = false): EncodedSink<ReadableLogRecordLike, ArrivedRecord> => sinkOfBytes(new LogRecordEncoder(), readRecords, isHeld);

export const objectSink = (isHeld = false): ObjectSink<ReadableLogRecordLike, ArrivedRecord> =>
  sinkOfObjects(({ body, attributes }: ReadableLogRecordLike): ArrivedRecord => ({ body, attributes: Object.entries(attributes) }), isHeld);

export const SINKS = [
  ['our exporter', encodedSink],
  ['a foreign exporter', objectSink],
] as const;

/** A processor that holds nothing back when the test is over. */
export function processorOf(sink: RecordSink, options: BackpressureLogRecordProcessorOptions = {}): BackpressureLogRecordProcessor {
  const processor = lawfulProcessor({ scheduledDelayMillis: 1_000_000, ...options, exporter: sink.exporter });
  onTestFinished(() => sink.release());
  return processor;
}

/** Under load from the first record on: 1 in `sampleRate` is kept, 2 unless the options say otherwise. */
export function processorUnderLoad(sink: RecordSink, options: BackpressureLogRecordProcessorOptions = {}): BackpressureLogRecordProcessor {
  return processorOf(sink, { strategy: 'sample', lowWatermark: 0, sampleRate: 2, ...options });
}

/** What arrives of records that are emitted one after the other. */
export async function arrivedOf(processor: BackpressureLogRecordProcessor, sink: RecordSink, records: readonly ReadableLogRecordLike[]): Promise<readonly ArrivedRecord[]> {
  for (const record of records) processor.onEmit(record);
  await processor.forceFlush();
  return sink.arrived();
}

/** A record's value of a name: `undefined` where it has none. */
export function valueIn(record: ArrivedRecord | undefined, name: string): unknown {
  return record?.attributes.find(([key]) => key === name)?.[1];
}

function readRecords(body: Buffer): ArrivedRecord[] {
  return definitions
    .decodeLogRecords(body)
    .map(({ logRecord }) => ({ body: valueOf(logRecord.body), attributes: logRecord.attributes.map(({ key, value }) => [key ?? '', valueOf(value)]) }));
}

function valueOf(value: OtlpAnyValue | null): unknown {
  return value?.stringValue ?? value?.boolValue ?? value?.intValue?.toNumber() ?? value?.doubleValue ?? undefined;
}
