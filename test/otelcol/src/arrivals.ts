import { LOG_RECORD_ID_ATTRIBUTE, type EventSignal } from '../../collector/src/index.ts';
import type { JsonLogRecord, Received } from './received.ts';

/** How often each id arrived: the id of a span, or the attribute `LOG_RECORD_ID_ATTRIBUTE` of a log record. */
export function arrivalsOf({
  spans,
  logRecords,
}: Received): Readonly<Record<EventSignal, ReadonlyMap<string, number>>> {
  return {
    traces: tally(spans.map(({ item }) => item.spanId)),
    logs: tally(logRecords.map(({ item }) => attributeOf(item, LOG_RECORD_ID_ATTRIBUTE) ?? '')),
  };
}

export function attributeOf(record: JsonLogRecord, key: string): string | undefined {
  return record.attributes?.find((attribute) => attribute.key === key)?.value.stringValue;
}

function tally(ids: readonly string[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const id of ids) times.set(id, (times.get(id) ?? 0) + 1);
  return times;
}
