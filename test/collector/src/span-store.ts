import type { Definitions } from './definitions.ts';
import type { ReceivedSpan } from './otlp-messages.ts';
import type { PendingItems, SignalStore } from './signal-store.ts';
import { halfAt, SpanIdLedger } from './span-id-ledger.ts';
import { MalformedBodyError, visitItems, type WireCursor } from './wire-cursor.ts';

const SPAN_ID_BYTES = 8;
const SPAN_ID_TAG = (2 << 3) | 2;
const NO_BYTES = new Uint8Array(0);

/** The accepted spans: their ids, and with definitions the spans themselves. */
export class SpanStore implements SignalStore {
  readonly ids = new SpanIdLedger();
  readonly unanswered = new SpanIdLedger();
  readonly #definitions: Definitions | undefined;
  readonly #spans: ReceivedSpan[] = [];
  #accepted = 0;

  constructor(definitions: Definitions | undefined) {
    this.#definitions = definitions;
  }

  get accepted(): number {
    return this.#accepted;
  }

  get duplicates(): number {
    return this.ids.duplicates;
  }

  /** In the order of acceptance. */
  get spans(): readonly ReceivedSpan[] {
    return this.#spans;
  }

  read(body: Uint8Array): PendingItems {
    const spans = this.#definitions?.decodeSpans(body);
    const halves = spans === undefined ? spanIdsOnTheWire(body) : spanIdsOf(spans);
    return {
      count: halves.length / 2,
      has: (id) => carries(halves, id),
      accept: (count) => {
        for (let at = 0; at < 2 * count; at += 2) this.ids.add(halves[at]!, halves[at + 1]!);
        if (spans !== undefined) this.#spans.push(...spans.slice(0, count));
        this.#accepted += count;
      },
      loseAnswer: (count) => {
        for (let at = 0; at < 2 * count; at += 2) this.unanswered.add(halves[at]!, halves[at + 1]!);
      },
    };
  }
}

/** Reused between requests, because its final size is known only at the end of a body. */
let scratch = new Uint32Array(2 * 1024);

/** Each id as two 32-bit halves, the high half first. The rest of a span is not read. */
function spanIdsOnTheWire(body: Uint8Array): Uint32Array {
  let used = 0;
  visitItems(body, (cursor, end) => {
    if (used === scratch.length) {
      const larger = new Uint32Array(2 * scratch.length);
      larger.set(scratch);
      scratch = larger;
    }
    moveToSpanId(cursor, end);
    scratch[used] = halfAt(cursor.bytes, cursor.position);
    scratch[used + 1] = halfAt(cursor.bytes, cursor.position + 4);
    used += 2;
  });
  return scratch.slice(0, used);
}

function carries(halves: Uint32Array, id: string): boolean {
  const high = Number.parseInt(id.slice(0, 8), 16);
  const low = Number.parseInt(id.slice(8), 16);
  for (let at = 0; at < halves.length; at += 2) if (halves[at] === high && halves[at + 1] === low) return true;
  return false;
}

function moveToSpanId(cursor: WireCursor, end: number): void {
  while (cursor.position < end) {
    const tag = cursor.readVarint(end);
    if (tag === SPAN_ID_TAG) {
      checkLength(cursor.readEnd(end) - cursor.position);
      return;
    }
    cursor.skip(tag, end);
  }
  checkLength(0);
}

function spanIdsOf(spans: readonly ReceivedSpan[]): Uint32Array {
  const halves = new Uint32Array(2 * spans.length);
  for (const [index, { span }] of spans.entries()) {
    const id = span.spanId ?? NO_BYTES;
    checkLength(id.length);
    halves[2 * index] = halfAt(id, 0);
    halves[2 * index + 1] = halfAt(id, 4);
  }
  return halves;
}

function checkLength(length: number): void {
  if (length !== SPAN_ID_BYTES) throw new MalformedBodyError(`a span id of ${length} bytes`);
}
