import { kMaxLength } from 'node:buffer';
import { promisify } from 'node:util';
import zlib, { constants, gzip, unzip, type ZlibOptions, type ZstdOptions } from 'node:zlib';
import type { Compressors } from './body-compression.ts';
import type { OtlpRequestBody } from './request-body.ts';

const gzipBuffer = promisify<Uint8Array, ZlibOptions, Uint8Array<ArrayBuffer>>(gzip);
const unzipBuffer = promisify<Uint8Array, ZlibOptions, Uint8Array>(unzip);

/** Not imported by its name, because a runtime without it could then not load this module at all. */
const { zstdCompress } = zlib as { zstdCompress?: typeof zlib.zstdCompress };
const zstdBuffer = zstdCompress && promisify<Uint8Array, ZstdOptions, Uint8Array<ArrayBuffer>>(zstdCompress);

/**
 * Output comes in pieces of this size, and each piece is a trip to the thread pool and back. With zlib's default of
 * 16 KiB, a batch of some hundred spans takes a dozen trips.
 */
const OUTPUT_CHUNK_BYTES = 64 * 1024;

/**
 * Level 6, zlib's default, takes 1.6 times the CPU of level 1, and its output is a tenth smaller. Levels 1 and 3 differ
 * by a percent in either. zstd at its default level, 3, takes less CPU than any level of gzip, and its output is smaller
 * (docs/benchmarks.md).
 */
const GZIP_LEVEL = constants.Z_BEST_SPEED;

/** Compress in the thread pool. */
export const COMPRESSORS: Compressors = {
  gzip: (body) => gzipBuffer(inOnePiece(body), { chunkSize: OUTPUT_CHUNK_BYTES, level: GZIP_LEVEL }),
  ...(zstdBuffer && { zstd: (body) => zstdBuffer(inOnePiece(body), { chunkSize: OUTPUT_CHUNK_BYTES }) }),
};

/**
 * Undoes gzip or deflate.
 * @throws RangeError if the result would be above `maxBytes`, another Error if the bytes are not compressed like that
 */
export async function decompress(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  return unzipBuffer(bytes, { maxOutputLength: Math.min(maxBytes, kMaxLength) });
}

/** A copy takes a tenth of a millisecond a megabyte, and saves a trip to the pool for each chunk. */
function inOnePiece({ chunks, byteLength }: OtlpRequestBody): Uint8Array {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, byteLength);
}
