import type * as logs from '@spillway/logs';
import type * as trace from '@spillway/trace';

const resource = { attributes: { 'service.name': 'page' } };
const instrumentationScope = { name: 'clicks' };
/** No two pages make the same ids. */
let made = Math.floor(Math.random() * 2 ** 40);

export function span(): trace.ReadableSpanLike {
  made += 1;
  const context = {
    traceId: made.toString(16).padStart(32, '0'),
    spanId: made.toString(16).padStart(16, '0'),
    traceFlags: 1,
  };
  return {
    name: 'click',
    kind: 0,
    spanContext: () => context,
    startTime: [1_700_000_000, 0],
    endTime: [1_700_000_000, 5_000_000],
    status: { code: 0 },
    attributes: { 'user.name': 'Zoë', 'form.fields': ['name', 2.5, { nested: true }] },
    links: [],
    events: [],
    resource,
    instrumentationScope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

export function logRecord(): logs.ReadableLogRecordLike {
  return {
    hrTime: [1_700_000_000, 0],
    hrTimeObserved: [1_700_000_000, 0],
    severityNumber: 9,
    body: { text: 'clicked', by: 'Zoë' },
    attributes: {},
    droppedAttributesCount: 0,
    resource,
    instrumentationScope,
  };
}

export function endSpans(processor: trace.BackpressureSpanProcessor, count: number): void {
  for (let index = 0; index < count; index += 1) processor.onEnd(span());
}
