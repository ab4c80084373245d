import { SeverityNumber } from '@opentelemetry/api-logs';
import { LoggerProvider, type ReadWriteLogRecord, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { startCollector } from '../../../test/collector/src/index.ts';
import { expectLogRecordSameAsUpstream } from '../../../test/encoding/same-as-upstream.ts';
import { OtlpLogRecordExporter, type ReadableLogRecordLike } from '../src/index.ts';
import { lawfulProcessor } from './lawful-processor.ts';

const NOTHING = { forceFlush: async () => {}, shutdown: async () => {} };

describe('a log record of SDK 2.x', () => {
  it('is exported as it was when the processor received it, whatever a later processor changes', async () => {
    await using collector = await startCollector();
    const processor = lawfulProcessor({ exporter: new OtlpLogRecordExporter({ url: `${collector.url}/v1/logs` }) });
    const before = { ...NOTHING, onEmit: (record: ReadWriteLogRecord) => void record.setAttribute('seen', 'before') };
    const after = {
      ...NOTHING,
      onEmit: (record: ReadWriteLogRecord) => void record.setBody('redacted').setAttribute('seen', 'after'),
    };
    const nested = { items: [1, 2] };
    const provider = new LoggerProvider({ processors: [before, processor, after] });
    provider.getLogger('orders').emit({ body: 'order placed', attributes: { nested } });
    nested.items.push(3);
    await processor.forceFlush();

    const received = collector.logRecords()[0]?.logRecord;
    expect(received?.body?.stringValue).toBe('order placed');
    expect(JSON.stringify(received?.attributes)).toContain('before');
    expect(JSON.stringify(received?.attributes)).not.toContain('after');
    expect(JSON.stringify(received?.attributes)).not.toContain('"3"');
  });

  it('is encoded as upstream’s serializer encodes it', () => {
    const records: ReadableLogRecord[] = [];
    const keep = { ...NOTHING, onEmit: (record: ReadableLogRecord) => void records.push(record) };
    const logger = new LoggerProvider({ processors: [keep] }).getLogger('orders', '1.0.0', {
      schemaUrl: 'https://schemas.test/1',
    });
    logger.emit({
      body: { text: 'placed', bytes: Uint8Array.of(1), list: [1, null, { a: true }] },
      severityNumber: SeverityNumber.INFO,
      severityText: 'INFO',
      eventName: 'order.placed',
    });
    logger.emit({ exception: new Error('out of stock'), attributes: { id: 1.5 } });
    logger.emit({});
    expect(records).toHaveLength(3);
    for (const record of records) expectLogRecordSameAsUpstream(record);
  });

  it('has the type that the encoder reads', () => {
    expectTypeOf<ReadableLogRecord>().toExtend<ReadableLogRecordLike>();
    expectTypeOf<ReadWriteLogRecord>().toExtend<ReadableLogRecordLike>();
  });
});
