import type { Definitions } from './definitions.ts';
import type { ReceivedLogRecord } from './otlp-messages.ts';
import type { PendingItems, SignalStore } from './signal-store.ts';
import { halfAt, SpanIdLedger } from './span-id-ledger.ts';
import { visitItems, type WireCursor } from './wire-cursor.ts';

/**
 * A log record has no id in OTLP. If a record has this attribute as a string, that is its id; other records are only
 * counted.
 * https://opentelemetry.io/docs/specs/semconv/registry/attributes/log/#log-record-uid
 */
export const LOG_RECORD_ID_ATTRIBUTE = 'log.record.uid';

const ATTRIBUTES_TAG = (6 << 3) | 2;
const TRACE_ID_TAG = (9 << 3) | 2;
const SPAN_ID_TAG = (10 << 3) | 2;
const KEY_TAG = (1 << 3) | 2;
const VALUE_TAG = (2 << 3) | 2;
const STRING_VALUE_TAG = (1 << 3) | 2;
const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

/** The ids of a log record. */
interface LogRecordIds {
  readonly uid: string | undefined;
  /** The 8 bytes; undefined if the record has no complete trace context. */
  readonly spanId: Uint8Array | undefined;
}

/** The accepted log records: their number, their ids, and with definitions the records themselves. */
export class LogStore implements SignalStore {
  readonly ids = new Map<string, number>();
  readonly unanswered = new Map<string, number>();
  /** The spans that the records were emitted in. A record without trace context is not among them. */
  readonly spanIds = new SpanIdLedger();
  readonly #definitions: Definitions | undefined;
  readonly #logRecords: ReceivedLogRecord[] = [];
  #accepted = 0;
  #duplicates = 0;

  constructor(definitions: Definitions | undefined) {
    this.#definitions = definitions;
  }

  get accepted(): number {
    return this.#accepted;
  }

  get duplicates(): number {
    return this.#duplicates;
  }

  /** In the order of acceptance. */
  get logRecords(): readonly ReceivedLogRecord[] {
    return this.#logRecords;
  }

  read(body: Uint8Array): PendingItems {
    const records = this.#definitions?.decodeLogRecords(body);
    const ids = records === undefined ? idsOnTheWire(body) : records.map(idsOf);
    return {
      count: ids.length,
      has: (id) => ids.some(({ uid }) => uid === id),
      accept: (count) => {
        for (const { uid, spanId } of ids.slice(0, count)) {
          if (uid !== undefined) this.#add(uid);
          if (spanId !== undefined) this.spanIds.add(halfAt(spanId, 0), halfAt(spanId, 4));
        }
        if (records !== undefined) this.#logRecords.push(...records.slice(0, count));
        this.#accepted += count;
      },
      loseAnswer: (count) => {
        for (const { uid } of ids.slice(0, count)) {
          if (uid !== undefined) this.unanswered.set(uid, (this.unanswered.get(uid) ?? 0) + 1);
        }
      },
    };
  }

  #add(uid: string): void {
    const times = this.ids.get(uid) ?? 0;
    if (times > 0) this.#duplicates += 1;
    this.ids.set(uid, times + 1);
  }
}

function idsOf({ logRecord }: ReceivedLogRecord): LogRecordIds {
  const { traceId, spanId, attributes } = logRecord;
  const uid = attributes.find(({ key }) => key === LOG_RECORD_ID_ATTRIBUTE)?.value?.stringValue ?? undefined;
  const isWhole = traceId?.length === TRACE_ID_BYTES && spanId?.length === SPAN_ID_BYTES;
  return { uid, spanId: isWhole ? spanId : undefined };
}

function idsOnTheWire(body: Uint8Array): LogRecordIds[] {
  const ids: LogRecordIds[] = [];
  visitItems(body, (cursor, end) => ids.push(idsOfItem(cursor, end)));
  return ids;
}

/** Reads only the ids of the record. */
function idsOfItem(cursor: WireCursor, end: number): LogRecordIds {
  let uid: string | undefined;
  let traceIdLength = 0;
  let spanId: Uint8Array | undefined;
  while (cursor.position < end) {
    const tag = cursor.readVarint(end);
    if (tag === ATTRIBUTES_TAG) {
      const attributeEnd = cursor.readEnd(end);
      uid ??= uidInAttribute(cursor, attributeEnd);
      cursor.position = attributeEnd;
    } else if (tag === TRACE_ID_TAG) {
      traceIdLength = readBytes(cursor, end).length;
    } else if (tag === SPAN_ID_TAG) {
      spanId = readBytes(cursor, end);
    } else {
      cursor.skip(tag, end);
    }
  }
  const isWhole = traceIdLength === TRACE_ID_BYTES && spanId?.length === SPAN_ID_BYTES;
  return { uid, spanId: isWhole ? spanId : undefined };
}

/** Assumes that the key comes before the value, as every encoder writes them. */
function uidInAttribute(cursor: WireCursor, end: number): string | undefined {
  let key = '';
  let uid: string | undefined;
  while (cursor.position < end) {
    const tag = cursor.readVarint(end);
    if (tag === KEY_TAG) {
      key = readText(cursor, end);
    } else if (tag === VALUE_TAG && key === LOG_RECORD_ID_ATTRIBUTE) {
      const valueEnd = cursor.readEnd(end);
      if (cursor.readVarint(valueEnd) === STRING_VALUE_TAG) uid = readText(cursor, valueEnd);
      cursor.position = valueEnd;
    } else {
      cursor.skip(tag, end);
    }
  }
  return uid;
}

function readText(cursor: WireCursor, end: number): string {
  const bytes = readBytes(cursor, end);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}

/** A view, not a copy. */
function readBytes(cursor: WireCursor, end: number): Uint8Array {
  const bytesEnd = cursor.readEnd(end);
  const bytes = cursor.bytes.subarray(cursor.position, bytesEnd);
  cursor.position = bytesEnd;
  return bytes;
}
