import type { IncomingHttpHeaders } from 'node:http';
import type { FaultKind } from './fault.ts';

/** One request. Fields that are not known yet are 0 or undefined, and are filled in as the request goes on. */
export interface RequestRecord {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Empty in decode mode `ids`, because a bench makes many requests. */
  readonly headers: IncomingHttpHeaders;
  /** The time when the headers had arrived, in milliseconds of the collector's process (`performance.now()`). */
  readonly at: number;
  /** The time when the last byte of the answer was written, on the same clock; undefined without an answer. */
  readonly answeredAt: number | undefined;
  /** Requests open when this one arrived, including itself. */
  readonly inFlight: number;
  /** The number of its connection: 1 for the first of this collector. */
  readonly connection: number;
  readonly fault: FaultKind | undefined;
  /** Bytes of the body on the wire, before decompression. */
  readonly bytes: number;
  /** Spans, log records or data points in it. */
  readonly items: number;
  /** How many of these the collector kept. */
  readonly acceptedItems: number;
  /** The status of the answer; undefined while there is none. */
  readonly status: number | undefined;
}

/** The accepted items of one signal since the start or the last reset. */
export interface SignalCounts {
  /** Duplicates included. */
  readonly items: number;
  /** Ids accepted at least once. */
  readonly unique: number;
  /** Items whose id had been accepted before. */
  readonly duplicates: number;
}

/** Numbers since the start, or since the last reset. */
export interface CollectorCounts {
  readonly requests: number;
  /** Items accepted, duplicates included. */
  readonly items: number;
  /** Ids accepted at least once. */
  readonly unique: number;
  /** Items accepted whose id had been accepted before. */
  readonly duplicates: number;
  /** Items refused by an answer: items of requests with an error status, and items that a partial success rejected. */
  readonly rejected: number;
  /** Items neither kept nor answered, because the connection was lost or the client left first. */
  readonly unanswered: number;
  /** Requests that have arrived and are neither answered nor gone. */
  readonly inFlight: number;
  readonly maxInFlight: number;
}
