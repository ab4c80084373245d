import { type Context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { BackpressureLogRecordProcessor, ReadableLogRecordLike } from '@spillway/logs';
import { describe, expect, it } from 'vitest';
import { useFakeTime } from '../../../pipeline/test/processor/item-sink.ts';
import { SPAN_CONTEXT } from '../make-log-record.ts';
import { objectSink, processorUnderLoad } from './records-under-load.ts';

interface ProviderLike {
  getLogger(name: string): {
    emit(record: {
      severityNumber: number;
      severityText: string;
      body: string;
      eventName: string;
      attributes: Record<string, string>;
      context: Context;
    }): void;
  };
}

/** The fields of a `ReadableLogRecord` of both lines, except its attributes. */
const FIELDS = [
  'hrTime',
  'hrTimeObserved',
  'spanContext',
  'severityText',
  'severityNumber',
  'body',
  'eventName',
  'resource',
  'instrumentationScope',
  'droppedAttributesCount',
] as const;

/** The log records that foreign exporters and other processors get, made from the log records of an SDK. */
export function describeMarkedLogRecords(
  name: string,
  providerOf: (processors: (BackpressureLogRecordProcessor | ProcessorLike)[]) => ProviderLike,
): void {
  describe(`sampled log records of SDK ${name}, as a foreign exporter gets them,`, () => {
    useFakeTime();

    it('have the threshold in their attributes and all other fields, and do not change the original record', async () => {
      const sink = objectSink();
      const processor = processorUnderLoad(sink);
      const after = new KeepingProcessor();
      const context = trace.setSpanContext(ROOT_CONTEXT, {
        ...SPAN_CONTEXT,
        traceId: '0af7651916cd43dd84ffffffffffffff',
      });
      providerOf([processor, after])
        .getLogger('shop')
        .emit({
          severityNumber: 9,
          severityText: 'INFO',
          body: 'order placed',
          eventName: 'order.placed',
          attributes: { a: 'b' },
          context,
        });
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

/** A processor that comes after Spillway's. */
class KeepingProcessor implements ProcessorLike {
  readonly records: ReadableLogRecordLike[] = [];

  onEmit(record: ReadableLogRecordLike): void {
    this.records.push(record);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
