import { context, ROOT_CONTEXT, SeverityNumber, trace, TraceFlags } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, type ReadableLogRecord, type ReadWriteLogRecord } from '@opentelemetry/sdk-logs';
import { LogRecordEncoder, type ReadableLogRecordLike } from '@spillway/logs';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { anyLogRecord } from './log-record-arbitrary.ts';
import { expectLogRecordSameAsUpstream } from './same-as-upstream.ts';

describe('an encoded log record, read with upstream’s definitions', () => {
  it('is the same as upstream’s serializer makes, whatever the record holds', () => {
    const encoder = new LogRecordEncoder();
    fc.assert(
      fc.property(anyLogRecord, (record) => expectLogRecordSameAsUpstream(record, encoder)),
      { numRuns: 500 },
    );
  });

  it('is the same for log records that the 3.x SDK made', () => {
    const records: ReadableLogRecord[] = [];
    const provider = new LoggerProvider({
      resource: resourceFromAttributes(
        { 'service.name': 'shop', ports: [1, 2] },
        { schemaUrl: 'https://schemas.test/1' },
      ),
      processors: [
        { onEmit: (record) => void records.push(record), forceFlush: async () => {}, shutdown: async () => {} },
      ],
    });
    const logger = provider.getLogger('@shop/orders', '1.2.0', {
      schemaUrl: 'https://schemas.test/2',
      attributes: { team: 'blue' },
    });
    const spanContext = {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      traceFlags: TraceFlags.SAMPLED,
    };
    const map = { a: [1, { b: null }], bytes: Uint8Array.of(1), deep: { deeper: { deepest: true } } };
    logger.emit({});
    logger.emit({
      body: 'order placed',
      severityNumber: SeverityNumber.WARN,
      severityText: 'WARN',
      eventName: 'order.placed',
      timestamp: 1_700_000_000_000,
      observedTimestamp: 1_700_000_000_001,
      attributes: { id: 7, map, mixed: ['a', 1, null], nothing: null },
      context: trace.setSpanContext(context.active(), spanContext),
    });
    logger.emit({ body: map, context: ROOT_CONTEXT });
    logger.emit({ body: [1, 'two', { three: 3 }], exception: new Error('out of stock') });
    for (const body of [null, '', 0, -0, 1.5, true, Uint8Array.of(1, 2)]) logger.emit({ body });
    expect(records).toHaveLength(11);
    for (const record of records) expectLogRecordSameAsUpstream(record);
  });
});

describe('the types that the encoder reads', () => {
  it('are compatible with those of SDK 3.x', () => {
    expectTypeOf<ReadableLogRecord>().toExtend<ReadableLogRecordLike>();
    expectTypeOf<ReadWriteLogRecord>().toExtend<ReadableLogRecordLike>();
  });
});
