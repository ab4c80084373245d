import type { IncomingHttpHeaders } from 'node:http';
import type { FaultKind } from './fault.ts';

/** One request, in the order of arrival. What is not known yet is 0 or undefined, and is filled in as the request goes on. */
export interface RequestRecord {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Left empty in decode mode `ids`, where a bench makes many requests. */
  readonly headers: IncomingHttpHeaders;
  /** When the headers had arrived, in milliseconds of the collector's process (`performance.now()`). */
  readonly at: number;
  /** When the last byte of the answer was written, on the same clock; undefined for a request that got none. */
  readonly answeredAt: number | undefined;
  /** Requests open when this one had arrived, itself included. */
  readonly inFlight: number;
  /** Which connection it came on: 1 for the first of this collector. */
  readonly connection: number;
  readonly fault: FaultKind | undefined;
  /** Bytes of the body as they came, that is, before decompression. */
  readonly bytes: number;
  /** Spans or log records in it. */
  readonly items: number;
  /** How many of these the collector kept. */
  readonly acceptedItems: number;
  /** What was answered; undefined as long as nothing was. */
  readonly status: number | undefined;
}

/** What was accepted of one signal since the start, or since the last reset. */
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
  /** Items refused by an answer: of requests with an error status, and those that a partial success rejected. */
  readonly rejected: number;
  /** Items not kept and not answered: connection lost, or the client left first. */
  readonly unanswered: number;
  /** Requests that have arrived and are neither answered nor gone. */
  readonly inFlight: number;
  readonly maxInFlight: number;
}
