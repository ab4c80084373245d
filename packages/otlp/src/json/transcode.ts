import type { Signal } from '@spillway/config';
import { inSlices } from './in-slices.ts';
import { Transcoder } from './transcoder.ts';

/**
 * Writes an encoded OTLP request as OTLP/JSON. Between slices, the event loop has its turn.
 * @throws (rejects with) RangeError or TypeError if the bytes are not such a request
 */
export async function transcodeToJson(signal: Signal, request: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return inSlices(new Transcoder(signal, request));
}
