import {
  parseRandomness,
  parseThreshold,
  type Randomness,
  randomnessOfTraceId,
  readOtTraceState,
  type Threshold,
} from '@spillway/sampling';
import { visitFields, visitItems, type WireCursor } from '../collector/src/wire-cursor.ts';

/** The parts of a span or a log record that a receiver reads to count it. */
export interface DeliveredItem {
  /** 32 hex digits; empty if the record belongs to no trace. */
  readonly traceId: string;
  /** The name of a span, or the body of a log record. */
  readonly name: string;
  /** If absent, the item stands only for itself. */
  readonly threshold: Threshold | undefined;
  /** The randomness for sampling: `rv` or `sampling.randomness`, otherwise that of the trace. */
  readonly randomness: Randomness | undefined;
}

/** Fields with a length. Source: opentelemetry/proto/trace/v1/trace.proto, logs/v1/logs.proto, common/v1/common.proto. */
const tagOf = (field: number): number => (field << 3) | 2;
const SPAN = { traceId: tagOf(1), traceState: tagOf(3), name: tagOf(5) };
const LOG_RECORD = { traceId: tagOf(9), body: tagOf(5), attributes: tagOf(6) };
const KEY = tagOf(1);
const VALUE = tagOf(2);
const STRING_VALUE = tagOf(1);

const WIRE_LENGTH = 2;
const SAID_NOTHING = { threshold: undefined, randomness: undefined };

/** A cache, because only a few thresholds occur. */
const saidByTraceState = new Map<string, ReturnType<typeof readOtTraceState>>();

export function readSpans(body: Buffer): DeliveredItem[] {
  const items: DeliveredItem[] = [];
  visitItems(body, (cursor, end) => {
    let traceId = '';
    let name = '';
    let traceState = '';
    visitBytes(cursor, end, (tag, start, fieldEnd) => {
      if (tag === SPAN.traceId) traceId = body.toString('hex', start, fieldEnd);
      else if (tag === SPAN.name) name = body.toString('latin1', start, fieldEnd);
      else if (tag === SPAN.traceState) traceState = body.toString('latin1', start, fieldEnd);
    });
    const said = saidOf(traceState);
    items.push({
      traceId,
      name,
      threshold: said.threshold,
      randomness: said.randomness ?? randomnessOfTraceId(traceId),
    });
  });
  return items;
}

export function readLogRecords(body: Buffer): DeliveredItem[] {
  const items: DeliveredItem[] = [];
  visitItems(body, (cursor, end) => {
    let traceId = '';
    let name = '';
    const attributes: Record<string, string> = {};
    visitBytes(cursor, end, (tag, start, fieldEnd) => {
      if (tag === LOG_RECORD.traceId) traceId = body.toString('hex', start, fieldEnd);
      else if (tag === LOG_RECORD.body) name = stringAt(body, cursor, start, fieldEnd, STRING_VALUE);
      else if (tag === LOG_RECORD.attributes) {
        const key = stringAt(body, cursor, start, fieldEnd, KEY);
        cursor.position = start;
        visitFields(cursor, fieldEnd, VALUE, (valueEnd) => {
          attributes[key] = stringAt(body, cursor, cursor.position, valueEnd, STRING_VALUE);
        });
      }
    });
    const threshold = attributes['sampling.threshold'];
    const randomness = attributes['sampling.randomness'];
    items.push({
      traceId,
      name,
      threshold: threshold === undefined ? undefined : parseThreshold(threshold),
      randomness: randomness === undefined ? randomnessOfTraceId(traceId) : parseRandomness(randomness),
    });
  });
  return items;
}

function saidOf(traceState: string): ReturnType<typeof readOtTraceState> {
  if (traceState === '') return SAID_NOTHING;
  let said = saidByTraceState.get(traceState);
  if (said === undefined) saidByTraceState.set(traceState, (said = readOtTraceState(traceState)));
  return said;
}

/** Calls `visit` for each field with a length. The cursor then goes on after the field. */
function visitBytes(
  cursor: WireCursor,
  end: number,
  visit: (tag: number, start: number, fieldEnd: number) => void,
): void {
  while (cursor.position < end) {
    const tag = cursor.readVarint(end);
    if ((tag & 7) !== WIRE_LENGTH) {
      cursor.skip(tag, end);
      continue;
    }
    const fieldEnd = cursor.readEnd(end);
    visit(tag, cursor.position, fieldEnd);
    cursor.position = fieldEnd;
  }
}

/** The text of a field of the message from `start` to `end`; empty if there is none. */
function stringAt(body: Buffer, cursor: WireCursor, start: number, end: number, wanted: number): string {
  let text = '';
  cursor.position = start;
  visitFields(cursor, end, wanted, (fieldEnd) => {
    text = body.toString('latin1', cursor.position, fieldEnd);
  });
  return text;
}
