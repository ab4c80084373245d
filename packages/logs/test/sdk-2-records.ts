import { ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs';

/** Log records that the 2.x SDK made: one with everything that an application can set, and one with nothing. */
export function sdk2Records(): ReadableLogRecord[] {
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
  const logger = provider.getLogger('@shop/orders', '1.2.0', { schemaUrl: 'https://schemas.test/2' });
  const spanContext = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: TraceFlags.SAMPLED,
  };
  logger.emit({});
  logger.emit({
    body: { text: 'order placed', sizes: [1, 2.5], bytes: Uint8Array.of(1, 2), deep: { deeper: null } },
    severityNumber: SeverityNumber.WARN,
    severityText: 'WARN',
    eventName: 'order.placed',
    timestamp: 1_700_000_000_000,
    observedTimestamp: 1_700_000_000_001,
    attributes: { id: 7, fraction: 0.5, map: { a: [1, 'two'] }, tags: ['é', '漢', '😀'] },
    context: trace.setSpanContext(ROOT_CONTEXT, spanContext),
  });
  logger.emit({ body: 'without a trace', context: ROOT_CONTEXT });
  return records;
}
