import { createFetchTransport } from '../transport/fetch-transport.ts';
import type { OtlpTransport } from '../transport/transport.ts';
import type { OtlpTransportOptions } from '../transport/transport-options.ts';

/** Browsers and workers: the transport over `fetch`. */
export function createTransport(options: OtlpTransportOptions): OtlpTransport {
  return createFetchTransport(options);
}

/** @throws always, because there is no file system */
export function readFile(path: string): Uint8Array {
  throw new Error(`this platform has no file system, so ${path} cannot be read`);
}
