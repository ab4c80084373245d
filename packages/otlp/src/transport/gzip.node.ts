import { kMaxLength } from 'node:buffer';
import { promisify } from 'node:util';
import { constants, gzip as gzipWithCallback, unzip, type ZlibOptions } from 'node:zlib';

const gzipBuffer = promisify<Uint8Array, ZlibOptions, Uint8Array>(gzipWithCallback);
const unzipBuffer = promisify<Uint8Array, ZlibOptions, Uint8Array>(unzip);

/**
 * Output comes in pieces of this size, and each piece is a trip to the thread pool and back. With zlib's default of
 * 16 KiB, a batch of some hundred spans takes a dozen trips.
 */
const OUTPUT_CHUNK_BYTES = 64 * 1024;

/**
 * Compresses in the thread pool. Several chunks are first copied into one, which takes a tenth of a millisecond a
 * megabyte and saves a trip to the pool for each. Settles when nothing reads the chunks any more.
 */
export async function gzip(chunks: readonly Uint8Array[], byteLength: number): Promise<Uint8Array> {
  const [first] = chunks;
  const input = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, byteLength);
  return gzipBuffer(input, { chunkSize: OUTPUT_CHUNK_BYTES, level: constants.Z_DEFAULT_COMPRESSION });
}

/**
 * Undoes gzip or deflate.
 * @throws RangeError if the result would be above `maxBytes`, another Error if the bytes are not compressed like that
 */
export async function decompress(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  return unzipBuffer(bytes, { maxOutputLength: Math.min(maxBytes, kMaxLength) });
}
