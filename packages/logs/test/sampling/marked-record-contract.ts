import { type Context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { BackpressureLogRecordProcessor, ReadableLogRecordLike } from '@spillway/logs';
import { describe, expect, it } from 'vitest';
import { useFakeTime } from '../../../pipeline/test/processor/item-sink.ts';
import { SPAN_CONTEXT } from '../make-log-record.ts';
import { objectSink, processorUnderLoad } from './records-under-load.ts';

interface ProviderLike {
  getLogger(name: string): {
    emit(record: { severityNumber: number; severityText: string; body: string; eventName: string; attributes: Record<string, string>; context: Context }): void;
  };
}

/** What a `ReadableLogRecord` has of both lines, its attributes aside. */
const FIELDS = ['hrTime', 'hrTimeObserved', 'spanContext', 'severityText', 'severityNumber', 'body', 'eventName', 'resource', 'instrumentationScope', 'droppedAttributesCount'] as const;

/** What exporters of others get of the log records that an SDK makes, and what other processors see of them. */
export function describeMarkedLogRecords(name: string, providerOf: (processors: (BackpressureLogRecordProcessor | ProcessorLike)[]) => ProviderLike): void {
  describe(`log records of SDK ${name} that were sampled, for a foreign exporter`, () => {
    useFakeTime();

    it('say so in their attributes, have everything else of the record, and leave it as it was', async () => {
      const sink = objectSink();
      const processor = processorUnderLoad(sink);
      const after = new KeepingProcessor();
      const context = trace.setSpanContext(ROOT_CONTEXT, { ...SPAN_CONTEXT, traceId: '0af7651916cd43dd84ffffffffffffff' });
      providerOf([processor, after]).getLogger('shop').emit({ severityNumber: 9, severityText: 'INFO', body: 'order placed', eventName: 'order.placed', attributes: { a: 'b' }, context });
      await processor.forceFlush();

      const [exported, record] = [sink.exporter.exported[0], after.records[0]];
      if (exported === undefined || record === undefined) throw new Error('a record is missing');
      expect(exported.attributes).toEqual({ a: 'b', 'sampling.threshold': '8000' });
      expect(record.attributes).toEqual({ a: 'b' });
      expect(exported).not.toBe(record);
      expect(exported).toBeInstanceOf(record.constructor);
      for (const field of FIELDS) {
        expect(record[field]).toBeDefined();
        expect(exported[field]).toBe(record[field]);
      }
    });
  });
}

interface ProcessorLike {
  onEmit(record: never): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** The processor after ours. */
class KeepingProcessor implements ProcessorLike {
  readonly records: ReadableLogRecordLike[] = [];

  onEmit(record: ReadableLogRecordLike): void {
    this.records.push(record);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
