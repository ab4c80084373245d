import { SeverityNumber } from '@opentelemetry/api-logs';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { describe, expect, it, vi } from 'vitest';
import { HeldExporter } from '../../pipeline/test/processor/scripted-exporter.ts';
import { MemorySpool } from '../../pipeline/test/spool/memory-spool.ts';
import { OTLP_PARTS } from '@spillway/pipeline';
import { OtlpLogRecordExporter } from '../src/index.ts';
import type {
  BackpressureLogRecordProcessor,
  BackpressureLogRecordProcessorOptions,
  ReadableLogRecordLike,
} from '../src/index.ts';
import { lawfulProcessor } from './lawful-processor.ts';
import { makeLogRecord } from './make-log-record.ts';

const { DEBUG, INFO, ERROR, FATAL } = SeverityNumber;

/** A processor whose queue is full of records of one severity and stays full. */
function fullOf(
  severityNumber: number,
  options: BackpressureLogRecordProcessorOptions = {},
): BackpressureLogRecordProcessor {
  const processor = lawfulProcessor({
    exporter: new HeldExporter<ReadableLogRecordLike>(),
    maxQueueSize: 3,
    sampleRate: 1,
    scheduledDelayMillis: 1_000_000,
    ...options,
  });
  for (let index = 0; index < 3; index += 1) processor.onEmit(makeLogRecord({ severityNumber }));
  return processor;
}

function answers(processor: BackpressureLogRecordProcessor): boolean[] {
  return [DEBUG, INFO, ERROR].map((severityNumber) => processor.enabled({ severityNumber }));
}

describe('enabled', () => {
  it('is true while there is room', () => {
    const processor = lawfulProcessor({ exporter: new HeldExporter<ReadableLogRecordLike>() });
    expect(answers(processor)).toEqual([true, true, true]);
    expect(processor.getMetrics().eventsNotBuilt).toBe(0);
  });

  it.each([
    ['drop_oldest', [false, true, true]],
    ['sample', [false, true, true]],
    ['drop_newest', [false, false, true]],
    ['block', [false, false, false]],
  ] as const)('depends on the severity when the queue is full of INFO (%s)', (strategy, expected) => {
    const processor = fullOf(INFO, { strategy });
    expect(answers(processor)).toEqual(expected);
    expect(processor.getMetrics().eventsNotBuilt).toBe(expected.filter((answer) => !answer).length);
  });

  it('is true while a spool takes records, whatever the severity and the strategy, and as usual while it does not', () => {
    const spool = new MemorySpool({ lateMillis: 600_000 });
    const exporter = new HeldExporter<ReadableLogRecordLike>();
    const parts = new OtlpLogRecordExporter({ url: 'http://localhost:9/v1/logs' })[OTLP_PARTS];
    const processor = fullOf(INFO, {
      spool,
      strategy: 'drop_newest',
      exporter: Object.assign(exporter, { [OTLP_PARTS]: { ...parts, export: undefined } }),
    });
    expect(answers(processor)).toEqual([true, true, true]);
    spool.refuses = true;
    processor.onEmit(makeLogRecord({ severityNumber: DEBUG }));
    expect(answers(processor)).toEqual([false, false, true]);
    processor.giveUp();
  });

  it('is true if no severity is named, unless no record at all would be kept', () => {
    expect(fullOf(FATAL, { strategy: 'drop_oldest' }).enabled()).toBe(true);
    expect(fullOf(FATAL, { strategy: 'block' }).enabled({})).toBe(false);
  });

  it('is true if the application has its own rule of priority, which needs the record', () => {
    const processor = fullOf(INFO, { strategy: 'drop_newest', priorityOf: ({ body }) => (body === 'audit' ? 5 : 0) });
    expect(processor.enabled({ severityNumber: DEBUG })).toBe(true);
    processor.onEmit(makeLogRecord({ severityNumber: DEBUG, body: 'audit' }));
    expect(processor.getMetrics()).toMatchObject({ eventsAccepted: 4, eventsEvicted: 1 });
  });

  it('is false after the shutdown', async () => {
    const processor = lawfulProcessor({ exporter: new HeldExporter<ReadableLogRecordLike>() });
    await processor.shutdown();
    expect(processor.enabled({ severityNumber: FATAL })).toBe(false);
  });

  it('is never false for a record that would then be kept', () => {
    const refusedInVain: number[] = [];
    for (const strategy of ['drop_oldest', 'drop_newest', 'sample', 'block'] as const) {
      const processor = lawfulProcessor({
        exporter: new HeldExporter<ReadableLogRecordLike>(),
        strategy,
        sampleRate: 1,
        maxQueueSize: 5,
        maxQueueBytes: 4_096,
        scheduledDelayMillis: 1_000_000,
      });
      for (let index = 0; index < 200; index += 1) {
        const severityNumber = 1 + ((index * 7) % 24);
        const enabled = processor.enabled({ severityNumber });
        const { eventsAccepted } = processor.getMetrics();
        processor.onEmit(makeLogRecord({ severityNumber }));
        if (!enabled && processor.getMetrics().eventsAccepted > eventsAccepted) refusedInVain.push(severityNumber);
      }
      // Both answers occurred.
      expect(processor.getMetrics().eventsNotBuilt).toBeGreaterThan(0);
      expect(processor.getMetrics().eventsAccepted).toBeGreaterThan(0);
    }
    expect(refusedInVain).toEqual([]);
  });

  it('keeps the SDK from building a record that would not be kept', () => {
    const processor = fullOf(ERROR, { strategy: 'drop_newest' });
    const logger = new LoggerProvider({ processors: [processor] }).getLogger('orders');
    const attributes = vi.fn<() => object>(() => ({}));
    const record = {
      severityNumber: INFO,
      get attributes() {
        return attributes() as Record<string, string>;
      },
    };
    expect(logger.enabled({ severityNumber: INFO })).toBe(false);
    logger.emit(record);
    expect(attributes).not.toHaveBeenCalled();
    logger.emit({ ...record, severityNumber: FATAL });
    expect(processor.getMetrics()).toMatchObject({ eventsOffered: 4, eventsNotBuilt: 2 });
  });

  it('is true for severity 0, which the API calls unspecified, as if no severity is named', () => {
    expect(fullOf(FATAL, { strategy: 'drop_oldest' }).enabled({ severityNumber: SeverityNumber.UNSPECIFIED })).toBe(
      true,
    );
    expect(fullOf(FATAL, { strategy: 'drop_oldest' }).enabled({ severityNumber: SeverityNumber.TRACE })).toBe(false);
  });
});
