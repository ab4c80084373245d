import { defer } from '@spillway/backpressure';
import type { Transcoder } from './transcoder.ts';

/** Takes about a millisecond. */
const SLICE_BYTES = 256 * 1024;

/**
 * The JSON of a request. Between slices, the event loop has its turn.
 * @throws (rejects with) RangeError or TypeError if the bytes are not a request
 */
export async function inSlices(transcoder: Transcoder): Promise<Uint8Array<ArrayBuffer>> {
  while (!transcoder.advance(SLICE_BYTES)) await new Promise<void>((resolve) => void defer(resolve));
  return transcoder.json;
}
