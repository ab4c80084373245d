import type { Definitions } from './definitions.ts';
import type { ReceivedLogRecord } from './otlp-messages.ts';
import type { PendingItems, SignalStore } from './signal-store.ts';
import { visitFields, visitItems, type WireCursor } from './wire-cursor.ts';

/**
 * A log record has no id in OTLP. One that carries this attribute as a string is known by it; the others are only counted.
 * https://opentelemetry.io/docs/specs/semconv/registry/attributes/log/#log-record-uid
 */
export const LOG_RECORD_ID_ATTRIBUTE = 'log.record.uid';

const ATTRIBUTES_TAG = (6 << 3) | 2;
const KEY_TAG = (1 << 3) | 2;
const VALUE_TAG = (2 << 3) | 2;
const STRING_VALUE_TAG = (1 << 3) | 2;

/** The log records accepted: their number, the ids of those that have one, and with definitions the records themselves. */
export class LogStore implements SignalStore {
  readonly ids = new Map<string, number>();
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
    const ids = records === undefined ? idsOnTheWire(body) : records.map(idOf);
    return {
      count: ids.length,
      accept: (count) => {
        for (const id of ids.slice(0, count)) if (id !== undefined) this.#add(id);
        if (records !== undefined) this.#logRecords.push(...records.slice(0, count));
        this.#accepted += count;
      },
    };
  }

  #add(id: string): void {
    const times = this.ids.get(id) ?? 0;
    if (times > 0) this.#duplicates += 1;
    this.ids.set(id, times + 1);
  }
}

function idOf({ logRecord }: ReceivedLogRecord): string | undefined {
  return logRecord.attributes.find(({ key }) => key === LOG_RECORD_ID_ATTRIBUTE)?.value?.stringValue ?? undefined;
}

function idsOnTheWire(body: Uint8Array): (string | undefined)[] {
  const ids: (string | undefined)[] = [];
  visitItems(body, (cursor, end) => {
    let id: string | undefined;
    visitFields(cursor, end, ATTRIBUTES_TAG, (attributeEnd) => {
      id ??= idInAttribute(cursor, attributeEnd);
    });
    ids.push(id);
  });
  return ids;
}

/** Assumes the key before the value, as every encoder writes them. */
function idInAttribute(cursor: WireCursor, end: number): string | undefined {
  let key = '';
  let id: string | undefined;
  while (cursor.position < end) {
    const tag = cursor.readVarint(end);
    if (tag === KEY_TAG) {
      key = readText(cursor, end);
    } else if (tag === VALUE_TAG && key === LOG_RECORD_ID_ATTRIBUTE) {
      const valueEnd = cursor.readEnd(end);
      if (cursor.readVarint(valueEnd) === STRING_VALUE_TAG) id = readText(cursor, valueEnd);
      cursor.position = valueEnd;
    } else {
      cursor.skip(tag, end);
    }
  }
  return id;
}

function readText(cursor: WireCursor, end: number): string {
  const textEnd = cursor.readEnd(end);
  const text = Buffer.from(cursor.bytes.buffer, cursor.bytes.byteOffset + cursor.position, textEnd - cursor.position);
  cursor.position = textEnd;
  return text.toString();
}
