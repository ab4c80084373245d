import { readSync } from 'node:fs';
import type { RequestHead, ShippingTerms } from '../shipping-frames.ts';

/** @returns `undefined` if the sender is gone */
export function readTerms(): ShippingTerms | undefined {
  return readHead() as ShippingTerms | undefined;
}

/** @returns `undefined` after the last request */
export function readRequestHead(): RequestHead | undefined {
  return readHead() as RequestHead | undefined;
}

/** @returns `undefined` if the sender was killed */
export function readBody(byteLength: number): Uint8Array | undefined {
  return read(byteLength);
}

function readHead(): unknown {
  const head = read(read(4)?.readUInt32LE(0) ?? 0);
  return head === undefined || head.length === 0 ? undefined : JSON.parse(head.toString());
}

/**
 * The next bytes of standard input, in memory of exactly that size; `undefined` at its end. It blocks, because the sender always
 * has the next bytes, or the end, and a thread that waited instead would cost a busy machine several turns for each request.
 */
function read(byteLength: number): Buffer | undefined {
  const bytes = Buffer.allocUnsafeSlow(byteLength);
  for (let at = 0; at < byteLength;) {
    const count = readSync(0, bytes, at, byteLength - at, null);
    if (count === 0) return undefined;
    at += count;
  }
  return bytes;
}
