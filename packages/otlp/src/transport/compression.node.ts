import { nodeBuffer, nodeZlib } from '../platform/node-modules.node.ts';
import type { Compress, Compressors } from './body-compression.ts';
import type { OtlpRequestBody } from './request-body.ts';

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
const GZIP_LEVEL = 1;

/** Compress in the thread pool. Some runtimes have no zstd. */
export const COMPRESSORS: Compressors = {
  gzip: (body) =>
    result((done) => nodeZlib().gzip(inOnePiece(body), { chunkSize: OUTPUT_CHUNK_BYTES, level: GZIP_LEVEL }, done)),
  get zstd() {
    return (nodeZlib() as { zstdCompress?: unknown }).zstdCompress === undefined ? undefined : zstd;
  },
};

const zstd: Compress = (body) =>
  result((done) => nodeZlib().zstdCompress(inOnePiece(body), { chunkSize: OUTPUT_CHUNK_BYTES }, done));

/**
 * Undoes gzip or deflate.
 * @throws RangeError if the result would be above `maxBytes`, another Error if the bytes are not compressed like that
 */
export async function decompress(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const maxOutputLength = Math.min(maxBytes, nodeBuffer().kMaxLength);
  return result((done) => nodeZlib().unzip(bytes, { maxOutputLength }, done));
}

/** A copy takes a tenth of a millisecond a megabyte, and saves a trip to the pool for each chunk. */
function inOnePiece({ chunks, byteLength }: OtlpRequestBody): Uint8Array {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, byteLength);
}

function result<Bytes>(run: (done: (error: Error | null, bytes: Bytes) => void) => void): Promise<Bytes> {
  return new Promise((resolve, reject) => run((error, bytes) => (error === null ? resolve(bytes) : reject(error))));
}
