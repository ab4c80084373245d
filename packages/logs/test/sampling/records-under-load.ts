import { type BackpressureLogRecordProcessor, type BackpressureLogRecordProcessorOptions, LogRecordEncoder, type ReadableLogRecordLike } from '@spillway/logs';
import type { ItemExporter } from '@spillway/otlp';
import { beforeEach, onTestFinished, vi } from 'vitest';
import { loadDefinitions, type OtlpAnyValue } from '../../../../test/collector/src/index.ts';
import { HeldExporter } from '../../../otlp/test/processor/scripted-exporter.ts';
import { MemoryExporter } from '../../../trace/test/memory-exporter.ts';
import { lawfulProcessor } from '../lawful-processor.ts';

/** What arrives of a record. */
export interface ArrivedRecord {
  readonly body: unknown;
  /** In order, and as often as they are there. */
  readonly attributes: readonly (readonly [string, unknown])[];
}

/** An exporter whose records a test can read. */
export interface RecordSink {
  readonly exporter: ItemExporter<ReadableLogRecordLike>;
  /** In the order in which they were sent. */
  records(): readonly ArrivedRecord[];
  /** From here on nothing is held back. */
  release(): void;
}

const definitions = await loadDefinitions();

/** Records are encoded, and read from the bytes of the requests. */
export function encodedSink(isHeld = false): RecordSink & { readonly exporter: MemoryExporter<ReadableLogRecordLike> } {
  const exporter = new MemoryExporter(new LogRecordEncoder(), isHeld);
  return {
    exporter,
    records: () =>
      exporter.bodies
        .flatMap((body) => definitions.decodeLogRecords(body))
        .map(({ logRecord }) => ({ body: valueOf(logRecord.body), attributes: logRecord.attributes.map(({ key, value }) => [key ?? '', valueOf(value)]) })),
    release: () => exporter.release(),
  };
}

/** Records are kept as objects, and read from what the exporter is called with. */
export function objectSink(isHeld = false): RecordSink & { readonly exporter: HeldExporter<ReadableLogRecordLike> } {
  const exporter = new HeldExporter<ReadableLogRecordLike>();
  if (!isHeld) exporter.release();
  return {
    exporter,
    records: () => exporter.exported.map(({ body, attributes }) => ({ body, attributes: Object.entries(attributes) })),
    release: () => exporter.release(),
  };
}

export const SINKS = [
  ['our exporter', encodedSink],
  ['a foreign exporter', objectSink],
] as const;

/** Timers stand still but for what a test says. Processors are shut down on the clock they ran on: this is registered first. */
export function useFakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
  });
}

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
  return sink.records();
}

/** A record's value of a name: `undefined` where it has none. */
export function valueIn(record: ArrivedRecord | undefined, name: string): unknown {
  return record?.attributes.find(([key]) => key === name)?.[1];
}

function valueOf(value: OtlpAnyValue | null): unknown {
  return value?.stringValue ?? value?.boolValue ?? value?.intValue?.toNumber() ?? value?.doubleValue ?? undefined;
}
