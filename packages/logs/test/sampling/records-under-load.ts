import {
  type BackpressureLogRecordProcessor,
  type BackpressureLogRecordProcessorOptions,
  LogRecordEncoder,
  type ReadableLogRecordLike,
} from '@spillway/logs';
import { onTestFinished } from 'vitest';
import { loadDefinitions, type OtlpAnyValue } from '../../../../test/collector/src/index.ts';
import {
  type EncodedSink,
  type ItemSink,
  type ObjectSink,
  sinkOfBytes,
  sinkOfObjects,
} from '../../../pipeline/test/processor/item-sink.ts';
import { lawfulProcessor } from '../lawful-processor.ts';

/** A record as it arrives. */
export interface ArrivedRecord {
  readonly body: unknown;
  /** In order, with duplicates. */
  readonly attributes: readonly (readonly [string, unknown])[];
}

export type RecordSink = ItemSink<ReadableLogRecordLike, ArrivedRecord>;

const definitions = await loadDefinitions();

export const encodedSink = (isHeld = false): EncodedSink<ReadableLogRecordLike, ArrivedRecord> =>
  sinkOfBytes(new LogRecordEncoder(), readRecords, isHeld);

export const objectSink = (isHeld = false): ObjectSink<ReadableLogRecordLike, ArrivedRecord> =>
  sinkOfObjects(
    ({ body, attributes }: ReadableLogRecordLike): ArrivedRecord => ({ body, attributes: Object.entries(attributes) }),
    isHeld,
  );

export const SINKS = [
  ["Spillway's exporter", encodedSink],
  ['a foreign exporter', objectSink],
] as const;

/** A processor whose exporter is released at the end of the test. */
export function processorOf(
  sink: RecordSink,
  options: BackpressureLogRecordProcessorOptions = {},
): BackpressureLogRecordProcessor {
  const processor = lawfulProcessor({ scheduledDelayMillis: 1_000_000, ...options, exporter: sink.exporter });
  onTestFinished(() => sink.release());
  return processor;
}

/** A processor under load from the first record on. It keeps 1 record in `sampleRate`, by default 1 in 2. */
export function processorUnderLoad(
  sink: RecordSink,
  options: BackpressureLogRecordProcessorOptions = {},
): BackpressureLogRecordProcessor {
  return processorOf(sink, { strategy: 'sample', lowWatermark: 0, sampleRate: 2, ...options });
}

/** Emits records one after the other, and returns them as they arrive. */
export async function arrivedOf(
  processor: BackpressureLogRecordProcessor,
  sink: RecordSink,
  records: readonly ReadableLogRecordLike[],
): Promise<readonly ArrivedRecord[]> {
  for (const record of records) processor.onEmit(record);
  await processor.forceFlush();
  return sink.arrived();
}

/** The value of a record's attribute; `undefined` if it does not have it. */
export function valueIn(record: ArrivedRecord | undefined, name: string): unknown {
  return record?.attributes.find(([key]) => key === name)?.[1];
}

function readRecords(body: Buffer): ArrivedRecord[] {
  return definitions.decodeLogRecords(body).map(({ logRecord }) => ({
    body: valueOf(logRecord.body),
    attributes: logRecord.attributes.map(({ key, value }) => [key ?? '', valueOf(value)]),
  }));
}

function valueOf(value: OtlpAnyValue | null): unknown {
  return value?.stringValue ?? value?.boolValue ?? value?.intValue?.toNumber() ?? value?.doubleValue ?? undefined;
}
