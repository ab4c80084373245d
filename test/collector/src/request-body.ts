import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate, type InputType, type ZlibOptions, zstdDecompress, type ZstdOptions } from 'node:zlib';
import { deferred } from './deferred.ts';

/** The body was refused; `status` is the answer. */
export class RefusedBodyError extends Error {
  override readonly name = 'RefusedBodyError';
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

type Decompress = (body: InputType, options: { maxOutputLength: number }) => Promise<Uint8Array>;

/** zlib works in its own threads, so large bodies do not delay other requests. */
const DECOMPRESS: ReadonlyMap<string, Decompress> = new Map<string, Decompress>([
  ['gzip', promisify<InputType, ZlibOptions, Uint8Array>(gunzip)],
  ['deflate', promisify<InputType, ZlibOptions, Uint8Array>(inflate)],
  ['zstd', promisify<InputType, ZstdOptions, Uint8Array>(zstdDecompress)],
]);

/**
 * Reads the body as it is on the wire.
 * @returns undefined if the client left before its end
 * @throws RefusedBodyError with status 413 as soon as it is longer than `maxBytes`; the rest is then read and discarded
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const { promise, resolve, reject } = deferred<Buffer | undefined>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxBytes) {
      chunks.push(chunk);
      return;
    }
    chunks.length = 0;
    reject(new RefusedBodyError(413, `a body of more than ${maxBytes} bytes`));
  });
  request.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
  request.on('error', () => resolve(undefined));
  request.on('close', () => resolve(undefined));
  return promise;
}

/**
 * @throws RefusedBodyError: 413 if it unpacks to more than `maxBytes`, 415 for an unknown encoding, 400 for a broken
 * body
 */
export async function decompress(body: Buffer, encoding: string | undefined, maxBytes: number): Promise<Uint8Array> {
  if (encoding === undefined || encoding === 'identity') return body;
  const unpack = DECOMPRESS.get(encoding);
  if (unpack === undefined) throw new RefusedBodyError(415, `content-encoding ${encoding}`);
  try {
    return await unpack(body, { maxOutputLength: maxBytes });
  } catch (error) {
    const isTooLong = error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    throw new RefusedBodyError(isTooLong ? 413 : 400, `a ${encoding} body: ${String(error)}`, { cause: error });
  }
}
