import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { now } from './clock.ts';
import type { Connection } from './connection.ts';
import type { Receipts } from './receipts.ts';
import type { RequestRecord } from './request-record.ts';
import { resetSocket } from './reset-socket.ts';
import type { PendingItems } from './signal-store.ts';

type Draft = { -readonly [Field in keyof RequestRecord]: RequestRecord[Field] };

const EMPTY = Buffer.alloc(0);
const NOTHING_READ: PendingItems = { count: 0, has: () => false, accept: () => undefined, loseAnswer: () => undefined };

/**
 * If the connection closes within this time, the answer may have been lost: a client may be slow to read or to leave.
 */
const ANSWER_UNDER_WAY_MILLIS = 2_000;

/** One request on its way through the collector. Only this object writes its record. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly record: RequestRecord;
  readonly #draft: Draft;
  readonly #receipts: Receipts;
  readonly #connection: Connection | undefined;
  readonly #onChange: () => void;
  readonly #onceLeft: (() => void)[] = [];
  #items = NOTHING_READ;
  #isOpen = true;
  #bodyBytes = 0;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    connection: Connection | undefined,
    receipts: Receipts,
    onChange: () => void,
  ) {
    this.request = request;
    this.response = response;
    this.#connection = connection;
    this.#receipts = receipts;
    this.#onChange = onChange;
    this.#draft = {
      method: request.method ?? '',
      path: (request.url ?? '').replace(/\?.*$/s, ''),
      headers: request.headers,
      at: now(),
      answeredAt: undefined,
      inFlight: receipts.arrive(),
      connection: connection?.number ?? 0,
      fault: undefined,
      bytes: 0,
      items: 0,
      acceptedItems: 0,
      status: undefined,
    };
    this.record = this.#draft;
    receipts.requests.push(this.record);
    response.on('close', () => this.#leave());
  }

  /** Neither answered to the end nor lost. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Ended without an answer. */
  get isLost(): boolean {
    return !this.#isOpen && this.record.status === undefined;
  }

  /** Whether the request is in JSON. The answer is then in JSON too, as OTLP requires. */
  get isJson(): boolean {
    return mediaTypeOf(this.request) === 'application/json';
  }

  /** Bytes of the body after decompression. */
  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /** Calls back once when the exchange has ended for any reason. */
  onceLeft(callback: () => void): void {
    this.#onceLeft.push(callback);
  }

  note(known: Partial<Pick<RequestRecord, 'fault' | 'bytes' | 'headers'>>): void {
    Object.assign(this.#draft, known);
  }

  hold(bodyBytes: number, items: PendingItems): void {
    this.#bodyBytes = bodyBytes;
    this.#items = items;
    this.#draft.items = items.count;
  }

  /** Keeps the first `count` items, by default all. Must be called before the answer, which counts the lost items. */
  accept(count = this.#items.count): void {
    this.#items.accept(count);
    this.#draft.acceptedItems = count;
  }

  /** The whole answer at once. */
  answer(status: number, body: string | Uint8Array = EMPTY, headers: OutgoingHttpHeaders = {}): void {
    this.startAnswer(status, { 'content-length': Buffer.byteLength(body), ...headers });
    this.endAnswer(body);
  }

  startAnswer(status: number, headers: OutgoingHttpHeaders): void {
    this.#draft.status = status;
    const contentType = this.isJson ? 'application/json' : 'application/x-protobuf';
    this.response.writeHead(status, { 'content-type': contentType, ...headers });
  }

  /**
   * The request ends before its last byte is written, so a client with a complete answer never sees itself as in
   * flight.
   */
  endAnswer(body: string | Uint8Array): void {
    const answeredAt = now();
    this.#draft.answeredAt = answeredAt;
    const connection = this.#connection;
    if (connection?.socket.destroyed === true) this.#items.loseAnswer(this.record.acceptedItems);
    else if (connection !== undefined) {
      connection.onClosed = () => {
        if (now() - answeredAt < ANSWER_UNDER_WAY_MILLIS) this.#items.loseAnswer(this.record.acceptedItems);
      };
    }
    this.#leave();
    this.response.end(body);
  }

  /** Whether the request carries the item with this id. */
  carries(id: string): boolean {
    return this.#items.has(id);
  }

  /** Sends bytes that no HTTP server would send, and closes the connection. */
  answerRaw(bytes: string): void {
    this.#connection?.socket.end(bytes);
  }

  /** Sends RST. */
  reset(): void {
    if (this.#connection !== undefined) resetSocket(this.#connection.socket);
  }

  /** Sends FIN. */
  close(): void {
    this.#connection?.socket.destroy();
  }

  /** Counts items that were not accepted: when the exchange ends, or later if items are read after the answer. */
  countLost(): void {
    const lost = this.record.items - this.record.acceptedItems;
    if (this.record.status === undefined) this.#receipts.unanswered += lost;
    else this.#receipts.rejected += lost;
    this.#onChange();
  }

  #leave(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#receipts.leave();
    for (const callback of this.#onceLeft) callback();
    if (this.record.answeredAt === undefined) this.#items.loseAnswer(this.record.acceptedItems);
    this.countLost();
  }
}

/** The content type without its parameters. */
export function mediaTypeOf({ headers }: IncomingMessage): string | undefined {
  return headers['content-type']?.split(';')[0]?.trim();
}
