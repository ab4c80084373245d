import type { ReadableLogRecordLike } from '@spillway/logs';

export const SPAN_CONTEXT = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };

const RESOURCE = { attributes: { 'service.name': 'shop' } };
const SCOPE = { name: 'orders' };

/** A log record as an SDK makes them, with changes. */
export function makeLogRecord(changes: Readonly<Record<string, unknown>> = {}): ReadableLogRecordLike {
  const record = {
    hrTime: [1_700_000_000, 1],
    hrTimeObserved: [1_700_000_001, 2],
    severityNumber: 9,
    body: 'order placed',
    attributes: {},
    droppedAttributesCount: 0,
    resource: RESOURCE,
    instrumentationScope: SCOPE,
  };
  return Object.defineProperties(record, Object.getOwnPropertyDescriptors(changes)) as unknown as ReadableLogRecordLike;
}
