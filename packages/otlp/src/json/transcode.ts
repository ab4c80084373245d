import type { Signal } from '@spillway/config';
import { defer } from '@spillway/backpressure';
import { Transcoder } from './transcoder.ts';

/** Takes about a millisecond. */
const SLICE_BYTES = 256 * 1024;

/**
 * Writes an encoded OTLP request as OTLP/JSON. Between slices, the event loop has its turn.
 * @throws (rejects with) RangeError or TypeError if the bytes are not such a request
 */
export async function transcodeToJson(signal: Signal, request: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const transcoder = new Transcoder(signal, request);
  while (!transcoder.advance(SLICE_BYTES)) await new Promise<void>((resolve) => void defer(resolve));
  return transcoder.json;
}

/**
 * The same without turns of the event loop in between.
 * @throws RangeError or TypeError if the bytes are not such a request
 */
export function transcodeNow(signal: Signal, request: Uint8Array): Uint8Array<ArrayBuffer> {
  const transcoder = new Transcoder(signal, request);
  transcoder.advance(Infinity);
  return transcoder.json;
}
