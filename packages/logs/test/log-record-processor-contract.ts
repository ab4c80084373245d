import { randomUUID } from 'node:crypto';
import { type Context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { BackpressureLogRecordProcessor, OtlpLogRecordExporter, type ReadableLogRecordLike } from '@spillway/logs';
import { describe, expect, it } from 'vitest';
import { LOG_RECORD_ID_ATTRIBUTE } from '../../../test/collector/src/index.ts';
import { describeProcessor } from '../../pipeline/test/processor/processor-contract.ts';
import { useProcessorSetup } from '../../pipeline/test/processor/processor-setup.ts';
import type {
  ItemSource,
  ProcessorSubject,
  SdkLine,
  UpstreamOptions,
  UpstreamProcessor,
} from '../../pipeline/test/processor/processor-subject.ts';
import { HeldExporter } from '../../pipeline/test/processor/scripted-exporter.ts';

/** The part of the loggers of both lines that is used. */
interface LoggerLike {
  emit(record: {
    timestamp?: number;
    severityNumber?: number;
    severityText?: string;
    body?: string;
    eventName?: string;
    attributes?: Record<string, string | number>;
    context?: Context;
  }): void;
}

/** One SDK line of logs: how to make its provider and its own batch processor. */
export interface LogsSdkLine extends SdkLine {
  provider(options: { processors: BackpressureLogRecordProcessor[]; resource?: object }): {
    getLogger(name: string, version?: string, options?: { schemaUrl?: string }): LoggerLike;
    forceFlush(options?: { timeoutMillis?: number }): Promise<void>;
    shutdown(): Promise<void>;
  };
  batchProcessor(exporter: object, options?: UpstreamOptions): UpstreamProcessor;
}

const INFO = 9;

/** The contract of processors for log records, with the parts that apply only to log records. */
export function describeLogRecordProcessor(line: LogsSdkLine): void {
  describe(`log records under SDK ${line.name}`, () => {
    const setup = useProcessorSetup(logRecordsUnder(line));
    describeProcessor(setup);

    describe('a log record', () => {
      it('arrives complete: body, severity, event, time, attributes, scope and the span it was emitted in', async () => {
        const processor = setup.processorWith();
        const provider = line.provider({ processors: [processor as BackpressureLogRecordProcessor] });
        const span = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
        provider.getLogger('shop', '1.2.3', { schemaUrl: 'https://schema.example/1' }).emit({
          timestamp: 1_700_000_000_123,
          severityNumber: INFO,
          severityText: 'INFO',
          body: 'order placed',
          eventName: 'order.placed',
          attributes: { [LOG_RECORD_ID_ATTRIBUTE]: 'a', rows: 7 },
          context: trace.setSpanContext(ROOT_CONTEXT, span),
        });
        await processor.forceFlush();

        const received = setup.collector.logRecords()[0];
        expect(received?.logRecord).toMatchObject({
          severityNumber: INFO,
          severityText: 'INFO',
          eventName: 'order.placed',
          flags: 1,
        });
        expect(received?.logRecord.body?.stringValue).toBe('order placed');
        expect(String(received?.logRecord.timeUnixNano)).toBe('1700000000123000000');
        expect(Number(received?.logRecord.observedTimeUnixNano)).toBeGreaterThan(1.7e18);
        expect(received?.logRecord.attributes.map(({ key }) => key)).toEqual([LOG_RECORD_ID_ATTRIBUTE, 'rows']);
        expect(received?.logRecord.traceId).toEqual(Buffer.from(span.traceId, 'hex'));
        expect(received?.logRecord.spanId).toEqual(Buffer.from(span.spanId, 'hex'));
        expect(received?.scope).toMatchObject({ name: 'shop', version: '1.2.3' });
        expect(received?.scopeSchemaUrl).toBe('https://schema.example/1');
        expect(new Map(setup.collector.idsOf('logs'))).toEqual(new Map([['a', 1]]));
      });

      it('is not even built if it would be refused, which is counted outside the accounting law', async () => {
        const processor = setup.processorWith({
          exporter: new HeldExporter(),
          strategy: 'drop_newest',
          maxQueueSize: 5,
          drainTimeoutMillis: 10,
        });
        const source = setup.subject.sourceWith([processor]);
        setup.emit(source, 8);
        expect(processor.getMetrics()).toMatchObject({ eventsOffered: 5, eventsDropped: 0, eventsNotBuilt: 3 });
        await processor.shutdown();
        setup.emit(source, 2);
        expect(processor.getMetrics()).toMatchObject({ eventsOffered: 5, eventsNotBuilt: 5 });
      });
    });

    describe("the provider's forceFlush", () => {
      it('rejects when its time is up, and the log records are delivered later', async () => {
        const exporter = new HeldExporter<ReadableLogRecordLike>();
        const processor = setup.processorWith({ exporter });
        const provider = line.provider({ processors: [processor as BackpressureLogRecordProcessor] });
        provider.getLogger('shop').emit({ body: 'order placed' });
        await expect(provider.forceFlush({ timeoutMillis: 20 })).rejects.toThrow('timed out');
        exporter.release();
        await provider.forceFlush({ timeoutMillis: 10_000 });
        expect(processor.getMetrics().eventsFlushed).toBe(1);
      });
    });
  });
}

function logRecordsUnder(line: LogsSdkLine): ProcessorSubject<ReadableLogRecordLike> {
  return {
    signal: 'logs',
    sdk: line,
    environmentPrefix: 'OTEL_BLRP_',
    Processor: BackpressureLogRecordProcessor,
    OtlpExporter: OtlpLogRecordExporter,
    upstreamProcessor: (exporter, options) => line.batchProcessor(exporter, options),
    sourceWith: (processors, resource): ItemSource => {
      const provider = line.provider({
        processors: processors as BackpressureLogRecordProcessor[],
        ...(resource === undefined ? {} : { resource }),
      });
      const attributes = () => ({ [LOG_RECORD_ID_ATTRIBUTE]: randomUUID() });
      return {
        emit: (body) => provider.getLogger('shop').emit({ body, severityNumber: INFO, attributes: attributes() }),
        shutdown: () => provider.shutdown(),
      };
    },
    give: (processor, record) => (processor as BackpressureLogRecordProcessor).onEmit(record),
    nameOf: ({ body }) => body,
    received: (collector) =>
      collector
        .logRecords()
        .map(({ logRecord, resource }) => ({ ...logRecord, name: logRecord.body?.stringValue, resource })),
    refused: (processor, reason) =>
      processor.getMetrics().droppedByReason[reason] +
      (processor as BackpressureLogRecordProcessor).getMetrics().eventsNotBuilt,
  };
}
